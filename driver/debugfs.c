// SPDX-License-Identifier: GPL-2.0-only
/* The files in /sys/kernel/debug/xen_dmabuf: current shares, and statistics. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/types.h>

#include <xen/dmabuf.h>

#include "account.h"
#include "arena.h"
#include "backing.h"
#include "debugfs.h"
#include "lease.h"
#include "limits.h"
#include "stats.h"

static struct dentry *debugfs_dir;

static void show_lease(struct xdb_lease *lease, void *data)
{
	struct xen_dmabuf_lease_info info = {};
	struct seq_file *m = data;

	xdb_lease_info(lease, &info);
	/* The process's name comes last, as it may contain anything. */
	seq_printf(m, "%llu %s %s %u %u %u %u %u %u %s %d ", info.lease_id,
		   info.kind == XEN_DMABUF_LEASE_MAP ? "map" : "grant",
		   xdb_state_name(info.state), info.domid, info.nr_pages,
		   info.pages_in_use, info.attachments, info.mmaps, info.vmaps,
		   info.rdonly ? "ro" : "rw", lease->pid);
	seq_escape(m, lease->comm, " \t\n\\");
	seq_putc(m, '\n');
}

static int leases_show(struct seq_file *m, void *v)
{
	seq_puts(
		m,
		"id kind state domid pages in_use attachments mmaps vmaps ro pid comm\n");
	xdb_lease_for_each(show_lease, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(leases);

static int stats_show(struct seq_file *m, void *v)
{
	struct xdb_arena_usage arena;
	unsigned int i;

	for (i = 0; i < XDB_STAT_NR; i++)
		seq_printf(m, "%s %llu\n", xdb_stat_names[i], xdb_stat_read(i));
	seq_printf(m, "pages_mapped %u\n", xdb_pool_used(XDB_POOL_MAPPED));
	seq_printf(m, "pages_granted %u\n", xdb_pool_used(XDB_POOL_GRANTED));
	seq_printf(m, "pages_owed %u\n", xdb_backing_owed());
	xdb_arena_get_usage(&arena);
	seq_printf(m, "arena_pages %lu\n", arena.total);
	seq_printf(m, "arena_free %lu\n", arena.free);
	seq_printf(m, "arena_scattered %lu\n", arena.scattered);
	seq_printf(m, "arena_costs_memory %d\n", arena.costs_memory);
	seq_printf(m, "arena_free_limit %u\n", xdb_free_frames_limit());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static void show_importers(struct xdb_lease *lease, void *data)
{
	if (lease->ops->show_importers)
		lease->ops->show_importers(lease, data);
}

static int importers_show(struct seq_file *m, void *v)
{
	seq_puts(m, "lease state device driver kind mapped\n");
	xdb_lease_for_each(show_importers, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(importers);

/* ---- a line for each user ---- */

/**
 * struct users_reader - an open file that lists the users
 * @usage: the user whose line comes next.  A copy, as the user may be gone when
 *	the line is printed
 * @limit: the limits of every user
 */
struct users_reader {
	struct xdb_usage usage;
	unsigned int limit[XDB_POOL_NR];
};

/* Position 0 is the head; every other one is the id of a user, plus 1. */
static void *find_user_line(struct seq_file *m, loff_t *pos)
{
	struct users_reader *reader = m->private;

	if (!*pos)
		return SEQ_START_TOKEN;
	if (*pos > U32_MAX || !xdb_user_usage(*pos - 1, &reader->usage))
		return NULL;
	*pos = (loff_t)reader->usage.uid + 1;
	return reader;
}

static void *users_start(struct seq_file *m, loff_t *pos)
{
	return find_user_line(m, pos);
}

static void *users_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return find_user_line(m, pos);
}

static void users_stop(struct seq_file *m, void *v)
{
}

static int users_show(struct seq_file *m, void *v)
{
	struct users_reader *reader = v;

	if (v == SEQ_START_TOKEN)
		seq_puts(m, "uid mapped mapped_limit granted granted_limit\n");
	else
		seq_printf(m, "%u %u %u %u %u\n", reader->usage.uid,
			   reader->usage.used[XDB_POOL_MAPPED],
			   reader->limit[XDB_POOL_MAPPED],
			   reader->usage.used[XDB_POOL_GRANTED],
			   reader->limit[XDB_POOL_GRANTED]);
	return 0;
}

static const struct seq_operations users_sops = {
	.start = users_start,
	.next = users_next,
	.stop = users_stop,
	.show = users_show,
};

static int users_open(struct inode *inode, struct file *file)
{
	struct users_reader *reader =
		__seq_open_private(file, &users_sops, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->limit[XDB_POOL_MAPPED] = xdb_limit(XDB_USER, XDB_POOL_MAPPED);
	reader->limit[XDB_POOL_GRANTED] = xdb_limit(XDB_USER, XDB_POOL_GRANTED);
	return 0;
}

static const struct file_operations users_fops = {
	.owner = THIS_MODULE,
	.open = users_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

/* Errors are ignored: the driver works without these files. */
void xdb_debugfs_init(void)
{
	debugfs_dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("leases", 0400, debugfs_dir, NULL, &leases_fops);
	debugfs_create_file("stats", 0400, debugfs_dir, NULL, &stats_fops);
	debugfs_create_file("importers", 0400, debugfs_dir, NULL,
			    &importers_fops);
	debugfs_create_file("users", 0400, debugfs_dir, NULL, &users_fops);
}

void xdb_debugfs_exit(void)
{
	debugfs_remove_recursive(debugfs_dir);
}
