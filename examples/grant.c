// SPDX-License-Identifier: MIT
/* grant DOMAIN TEXT: grants a buffer to another domain, and reads its answer */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	char *end = NULL, *list, *mem;
	uint32_t refs[PAGES];
	long domid = -1;
	int fd, i;

	if (argc == 3)
		domid = strtol(argv[1], &end, 10);
	if (domid < 0 || domid > 32751 || end == argv[1] || *end)
		errx(2, "usage: grant DOMAIN TEXT");
	check(NULL, xendmabuf_open(&x), "open");

	check(x, xendmabuf_alloc(SIZE, XENDMABUF_ALLOC_ANY, &fd), "alloc");
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(x, mem == MAP_FAILED ? -errno : 0, "mmap");

	check(x, xendmabuf_access_begin(fd, XENDMABUF_WRITE), "begin");
	for (i = 0; i < PAGES; i++)
		snprintf(mem + i * XENDMABUF_PAGE_SIZE, XENDMABUF_PAGE_SIZE,
			 "%s, page %d", argv[2], i);
	check(x, xendmabuf_access_end(fd, XENDMABUF_WRITE), "end");

	check(x, xendmabuf_grant(x, fd, 0, domid, 0, refs, PAGES, &lease),
	      "grant");
	list = xendmabuf_refs_format(refs, PAGES);
	check(x, list ? 0 : -ENOMEM, "references");
	printf("references %s\n", list);
	free(list);
	fflush(stdout);

	getchar(); /* Enter: the other domain has answered */

	check(x, xendmabuf_access_begin(fd, XENDMABUF_READ), "begin");
	for (i = 0; i < PAGES; i++)
		printf("page %d: %.60s\n", i, mem + i * XENDMABUF_PAGE_SIZE);
	check(x, xendmabuf_access_end(fd, XENDMABUF_READ), "end");

	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return 0;
}
