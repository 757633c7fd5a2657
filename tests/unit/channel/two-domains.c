// SPDX-License-Identifier: GPL-2.0-only
/*
 * two-domains CONFIG3 CONFIG7: xen-channeld of the domains 3 and 7, linked, for tests
 * of other programs.
 *
 * Prints a line when both are linked: the paths of their control sockets.  Runs until it
 * reads something, or the end of its input.  There is no driver: channels carry no dma-bufs.
 */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "hosts.h"

static void start(struct host *h, uint16_t domid, const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	host_start(h, domid, text);
}

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	if (argc != 3)
		return 2;
	hosts_begin(NULL);
	start(&hosts[0], 3, argv[1]);
	start(&hosts[1], 7, argv[2]);
	hosts_wait(host_linked(&hosts[0], 7) && host_linked(&hosts[1], 3));
	printf("%s %s\n", hosts[0].control, hosts[1].control);
	fflush(stdout);
	while (!poll(&input, 1, 0))
		hosts_turn();
	return hosts_end(NULL);
}
