/* SPDX-License-Identifier: GPL-2.0-only */
/* One section of the configuration file, and its keys. */
#ifndef XCH_SECTION_H
#define XCH_SECTION_H

#include "policy.h"

enum xch_section_kind {
	XCH_SECTION_DAEMON,
	XCH_SECTION_PEER,
	XCH_SECTION_SERVICE,
	XCH_SECTION_USE,
	XCH_SECTION_INTRODUCE
};

struct xch_section {
	enum xch_section_kind kind;
	unsigned int line; /* of its header */
	char name[XCH_NAME_MAX], other[XCH_NAME_MAX];
	struct xch_caps caps; /* PEER */
	struct xch_service service; /* SERVICE */
	struct xch_use use; /* USE */
};

extern const struct xch_caps xch_default_caps;

/*
 * Each returns 0 or EINVAL, and then writes what is wrong to @why, which has room
 * for XCH_SECTION_WHY.
 */
#define XCH_SECTION_WHY 256

/** xch_section_begin - of the text between the brackets, with the defaults */
int xch_section_begin(struct xch_section *s, const char *header, char *why);
/** xch_section_set - a key's value; not for [daemon] */
int xch_section_set(struct xch_section *s, const char *name, const char *value,
		    char *why);
/** xch_section_check - a whole section: it may be in vain although every key is valid */
int xch_section_check(const struct xch_section *s, char *why);
/** xch_section_is - of the same kind and names */
bool xch_section_is(const struct xch_section *a, const struct xch_section *b);

#endif
