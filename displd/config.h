/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file: the output of each guest's connectors, and the quota
 * of each guest.  Only the host writes it.
 *
 * Sections, from the general to the special; a later one overrides single keys:
 *	[daemon]  [input]  [default]  [guest NAME]  [connector UNIQUE-ID]
 *	[guest NAME connector KEY]
 * NAME is a domain's name or number, KEY a connector's place (place.h) or
 * unique-id.
 *
 * A guest can change the index and unique-id of its connectors, and so choose
 * among the sections of its own connectors.  [connector UNIQUE-ID] applies only
 * where the toolstack wrote the unique-id and the guest cannot write it.
 */
#ifndef XD_CONFIG_H
#define XD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"
#include "common/reason.h"
#include "config-input.h"

#define XD_TEXT_MAX 108 /* the longest path of a socket */

enum xd_output_kind {
	XD_OUTPUT_HEADLESS,
	XD_OUTPUT_KMS,
	XD_OUTPUT_WAYLAND,
	XD_OUTPUT_AUTO, /* KMS if a screen is free, else headless */
};

/* The settings of one connector of one guest, from all sections. */
struct xd_policy {
	enum xd_output_kind output;
	char card[XD_TEXT_MAX]; /* "": the first that works */
	char connector[XD_TEXT_MAX]; /* of the card; "": the first free one */
	char wayland_display[XD_TEXT_MAX]; /* a path or name; "": the default */
	char app_id[XD_TEXT_MAX]; /* of windows; never empty, valid UTF-8 */
	char title[XD_TEXT_MAX];
	bool zero_copy; /* false: always copy */
	uint32_t refresh; /* Hz, while the guest does not flip; 0: off */
	bool input; /* keys, pointer and touch go to the guest */
	/* a section [connector UNIQUE-ID] applies: its id names this screen */
	bool by_id;
	/* of windows, see xen-displd.conf(5): */
	uint32_t row_alignment; /* of dma-bufs, in bytes */
	bool inhibit_shortcuts;
	bool lock_pointer;
	bool lock_keys; /* the guest's follow those of its compositor */
	uint32_t rate; /* flips per second if headless; 0: unlimited */
	/* of the whole guest: */
	bool be_alloc; /* buffers in this domain's memory are allowed */
	bool vkbd; /* input devices of the type vkbd are served, too */
	uint32_t max_buffers;
	uint32_t max_framebuffers;
	uint32_t max_pages;
	uint32_t max_flips, max_modesets; /* a second; 0: no limit */
	uint32_t max_time; /* of this thread, in percent; 0: no limit */
};

struct xd_config;

/**
 * xd_config_load - read @path
 * @why: set on failure: what is wrong, and in which line
 *
 * ENOENT: there is no such file.  EINVAL: a line of it is wrong.
 */
int xd_config_load(const char *path, struct xd_config **out,
		   struct xdc_reason *why);
/** xd_config_default - the defaults, as without a file */
struct xd_config *xd_config_default(void);
void xd_config_free(struct xd_config *c);

/** xd_config_output_name - the word in the file, such as "kms" */
const char *xd_config_output_name(enum xd_output_kind kind);
enum xdc_level xd_config_log_level(const struct xd_config *c);
const struct xd_seat_policy *xd_config_seat(const struct xd_config *c);

/**
 * xd_config_policy - the settings of a connector
 * @name: the domain's name, may be NULL
 * @place: XD_PLACE() of the connector; -1: the settings of the whole guest
 * @unique_id: of the connector, from the guest's directory; may be NULL
 * @given: the toolstack wrote @unique_id and the guest cannot write it
 */
void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out);
/** xd_config_has_connector - there is a section [connector @unique_id] */
bool xd_config_has_connector(const struct xd_config *c, const char *unique_id);

#endif
