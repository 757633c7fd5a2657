// SPDX-License-Identifier: MIT
/* reclaim DOMAIN: grants a buffer, asks for it back, and waits for RETURNED */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xendmabuf.h>

#define PAGES 4
#define SIZE (PAGES * XENDMABUF_PAGE_SIZE)

static void check(struct xendmabuf *x, int err, const char *what)
{
	if (err)
		errx(1, "%s: %s", what, xendmabuf_explain(x, err));
}

int main(int argc, char **argv)
{
	struct xen_dmabuf_lease_info info;
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint32_t refs[PAGES];
	struct pollfd p[2];
	char *end = NULL, *list;
	long domid = -1;
	int fd;

	if (argc == 2)
		domid = strtol(argv[1], &end, 10);
	if (domid < 0 || domid > 32751 || end == argv[1] || *end)
		errx(2, "usage: reclaim DOMAIN");
	check(NULL, xendmabuf_open(&x), "open");
	check(x, xendmabuf_alloc(SIZE, XENDMABUF_ALLOC_ANY, &fd), "alloc");
	check(x, xendmabuf_grant(x, fd, 0, domid, 0, refs, PAGES, &lease),
	      "grant");
	list = xendmabuf_refs_format(refs, PAGES);
	check(x, list ? 0 : -ENOMEM, "references");
	printf("references %s\n", list);
	free(list);

	p[0] = (struct pollfd){ xendmabuf_lease_fd(lease), POLLIN, 0 };
	p[1] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	for (;;) {
		check(x, xendmabuf_lease_info(lease, &info, sizeof(info)),
		      "info");
		printf("%s, %u pages in use\n",
		       xendmabuf_state_name(info.state), info.pages_in_use);
		fflush(stdout);
		if (info.state == XEN_DMABUF_LEASE_RETURNED)
			break;
		if (poll(p, 2, -1) < 0)
			err(1, "poll");
		if (p[1].revents) {
			getchar(); /* Enter: ask for the end */
			check(x, xendmabuf_lease_revoke(lease), "revoke");
			p[1].fd = -1;
		}
	}

	/* Only now may the memory be used for something else */
	printf("the memory is free\n");
	close(fd);
	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return 0;
}
