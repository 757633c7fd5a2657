// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-ids ID: makes empty domains, and destroys them, until the next domain that is
 * made has this id again.  Xen gives ids in turn, and begins anew behind 32751.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>

#define IDS_MAX 32752

/* The id that it had; or -1 */
static int spend_id(xc_interface *xc)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = 127,
		.max_grant_frames = 1,
		.max_maptrack_frames = 0,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	uint32_t id = 0;

	if (xc_domain_create(xc, &id, &config))
		return -1;
	return xc_domain_destroy(xc, id) ? -1 : (int)id;
}

static bool is_used(xc_interface *xc, int id)
{
	xc_domaininfo_t info;

	return xc_domain_getinfolist(xc, (uint32_t)id, 1, &info) == 1 &&
	       info.domain == id;
}

/* The id that is given before @want, as those are left out that are in use */
static int id_before(xc_interface *xc, int want)
{
	int id = want;

	do
		id = id > 1 ? id - 1 : IDS_MAX - 1;
	while (is_used(xc, id));
	return id;
}

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	int want = argc == 2 ? atoi(argv[1]) : 0, id = 0, i;
	int before;

	if (!xc || want < 1 || want >= IDS_MAX)
		return 2;
	before = id_before(xc, want);
	for (i = 0; i < IDS_MAX && id != before && id >= 0; i++)
		id = spend_id(xc);
	xc_interface_close(xc);
	if (id < 0)
		perror("channel-ids: an empty domain");
	printf("%d domains made, the last was %d\n", i, id);
	return id != before;
}
