// SPDX-License-Identifier: GPL-2.0-only
/* A program against the installed libraries; there is no Xen where it runs */
#include <errno.h>
#include <stdio.h>
#include <xendmabuf.h>
#ifdef WITH_GNTTAB
#include <xengnttab.h>
#endif

int main(void)
{
	struct xendmabuf *x;
	int err = xendmabuf_open(&x);

	if (!err)
		xendmabuf_close(x);
	puts(xendmabuf_explain(NULL, err));
#ifdef WITH_GNTTAB
	if (xengnttab_dmabuf_exp_wait_released(NULL, 12345, 0) != -1 ||
	    errno != ENOENT)
		return 1;
#endif
	return xendmabuf_size(-1) == -EBADF ? 0 : 1;
}
