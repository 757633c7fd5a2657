/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file: what each guest's connectors are put on, and what a
 * guest may use.  The host's word; nothing of it is the guest's to choose.
 *
 * Sections, from the general to the special; a later one overrides single keys:
 *	[daemon]  [input]  [default]  [guest NAME]  [connector UNIQUE-ID]
 *	[guest NAME connector KEY]
 * NAME is a domain's name or number, KEY a connector's index or unique-id.
 *
 * A guest may say what it likes about its connectors, so it chooses among those
 * of its own sections.  [connector UNIQUE-ID] is for the one guest whose
 * toolstack wrote that where the guest cannot.
 */
#ifndef XD_CONFIG_H
#define XD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"
#include "common/reason.h"

#define XD_TEXT_MAX 108 /* as long as a socket's path */

enum xd_output_kind {
	XD_OUTPUT_HEADLESS,
	XD_OUTPUT_KMS,
	XD_OUTPUT_WAYLAND,
	XD_OUTPUT_AUTO, /* KMS if a screen is free, else headless */
};

/* What holds for one connector of one guest, all sections applied. */
struct xd_policy {
	enum xd_output_kind output;
	char card[XD_TEXT_MAX]; /* "" is any that works */
	char connector[XD_TEXT_MAX]; /* of the card; "" is any free one */
	char wayland_display[XD_TEXT_MAX]; /* a path or name; "" as usual */
	char app_id[XD_TEXT_MAX]; /* of windows; never empty, and UTF-8 */
	char title[XD_TEXT_MAX];
	bool zero_copy; /* false: copy always */
	uint32_t refresh; /* a second, for drawing without flips; 0 never */
	bool input; /* keyboard and pointer may go there */
	uint32_t rate; /* flips a second, if headless; 0 as many as come */
	/* these hold for a guest as a whole */
	bool be_alloc; /* the guest may ask for buffers of this domain's */
	uint32_t max_buffers;
	uint32_t max_framebuffers;
	uint32_t max_pages;
};

/* This machine's own keyboards, pointers and touch screens. */
struct xd_seat_policy {
	char seat[XD_TEXT_MAX]; /* udev's; "" is none */
	char devices[1024]; /* or these paths, blanks in between */
	uint32_t switch_key; /* code; 0: none */
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
/** xd_config_default - what holds without a file */
struct xd_config *xd_config_default(void);
void xd_config_free(struct xd_config *c);

/** xd_config_output_name - as in the file: "kms" */
const char *xd_config_output_name(enum xd_output_kind kind);
enum xdc_level xd_config_log_level(const struct xd_config *c);
const struct xd_seat_policy *xd_config_seat(const struct xd_config *c);

/**
 * xd_config_policy - what holds for a connector
 * @name: the domain's name, may be NULL
 * @index: -1 asks for the guest as a whole
 * @unique_id: what the guest's directory says, may be NULL
 * @given: by the toolstack, and nobody else can have written it
 */
void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int index, const char *unique_id,
		      bool given, struct xd_policy *out);
/** xd_config_has_connector - there is a section [connector @unique_id] */
bool xd_config_has_connector(const struct xd_config *c, const char *unique_id);

#endif
