// SPDX-License-Identifier: MIT
/* map DOMAIN REFERENCES TEXT: reads what another domain has granted, and answers */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

static void check(struct xendmabuf *x, int err, const char *what)
{
	if (err)
		errx(1, "%s: %s", what, xendmabuf_explain(x, err));
}

int main(int argc, char **argv)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	size_t nr, size, i;
	long domid = -1;
	uint32_t *refs;
	char *end = NULL, *mem;
	int fd;

	if (argc == 4)
		domid = strtol(argv[1], &end, 10);
	if (domid < 0 || domid > 32751 || end == argv[1] || *end)
		errx(2, "usage: map DOMAIN REFERENCES TEXT");
	check(NULL, xendmabuf_refs_parse(argv[2], strlen(argv[2]), &refs, &nr),
	      "references");
	check(NULL, xendmabuf_open(&x), "open");

	check(x, xendmabuf_map(x, domid, refs, nr, 0, &fd, &lease), "map");
	size = nr * XENDMABUF_PAGE_SIZE;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(x, mem == MAP_FAILED ? -errno : 0, "mmap");

	check(x, xendmabuf_access_begin(fd, XENDMABUF_READ | XENDMABUF_WRITE),
	      "begin");
	for (i = 0; i < nr; i++) {
		char *page = mem + i * XENDMABUF_PAGE_SIZE;

		printf("page %zu: %.60s\n", i, page);
		snprintf(page, XENDMABUF_PAGE_SIZE, "%s, page %zu", argv[3], i);
	}
	check(x, xendmabuf_access_end(fd, XENDMABUF_READ | XENDMABUF_WRITE),
	      "end");
	fflush(stdout);

	getchar(); /* Enter: let go */

	munmap(mem, size);
	close(fd);
	check(x, xendmabuf_lease_wait(lease, 10000), "wait");
	printf("unmapped\n");

	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	free(refs);
	return 0;
}
