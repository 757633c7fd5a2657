// SPDX-License-Identifier: GPL-2.0-only
/* A program written for libxengnttab; only the drop-in accepts NULL as a handle */
#include <errno.h>
#include <stdio.h>
#include <xengnttab.h>

int main(void)
{
	int ret = xengnttab_dmabuf_exp_wait_released(NULL, 12345, 0);

	if (ret != -1 || errno != ENOENT) {
		printf("wait: %d, errno %d\n", ret, errno);
		return 1;
	}
	ret = xengnttab_dmabuf_imp_release(NULL, 12345);
	if (ret != -1 || errno != ENOENT) {
		printf("release: %d, errno %d\n", ret, errno);
		return 1;
	}
	/* the drop-in's, which calls libxengnttab's */
	ret = xengnttab_close(NULL);
	if (ret) {
		printf("close: %d, errno %d\n", ret, errno);
		return 1;
	}
	puts("ours");
	return 0;
}
