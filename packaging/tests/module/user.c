// SPDX-License-Identifier: GPL-2.0-only
/* A module that uses the installed header and the symbols behind it */
#include <linux/module.h>
#include <xen/dmabuf-backing.h>

static int __init user_init(void)
{
	return xen_dmabuf_backing_offered() ? 0 : -ENODEV;
}

static void __exit user_exit(void)
{
}

module_init(user_init);
module_exit(user_exit);
MODULE_DESCRIPTION("User of xen_dmabuf's symbols, for a test");
MODULE_LICENSE("GPL");
