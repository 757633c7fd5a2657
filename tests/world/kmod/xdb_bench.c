// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_bench: the least that sharing costs, for benchmarks.  It makes the
 * unavoidable calls, in batches as large as the driver's, and nothing else: no
 * accounting, no lifetime, no care for a peer that does not unmap.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include <xdb_bench.h>

#include "xdb_device.h"

#define BATCH 512U
#define MAX_PAGES 65535U

/* As the driver's own: what counts is whether large pages map it, see there. */
#define OPS_GFP (GFP_KERNEL | __GFP_RECLAIMABLE)

/* granted memory, and its dma-buf */
struct memory {
	struct kref ref;
	unsigned int nr;
	struct page **pages;
	struct sg_table sgt;
};

struct bench {
	struct mutex lock; /* all below */
	struct page **frames;
	grant_handle_t *handles;
	unsigned int mapped;
	struct memory *memory;
	grant_ref_t *refs;
	unsigned int granted;
};

static unsigned long address(struct page *page)
{
	return (unsigned long)page_address(page);
}

static long bench_unmap(struct bench *bench)
{
	struct gnttab_unmap_grant_ref *ops;
	unsigned int i, k, n;
	long ret = 0;

	if (!bench->frames)
		return 0;
	ops = kmalloc_array(min(bench->mapped, BATCH), sizeof(*ops), OPS_GFP);
	if (!ops)
		return -ENOMEM;
	for (i = 0; i < bench->mapped; i += n) {
		n = min(bench->mapped - i, BATCH);
		for (k = 0; k < n; k++)
			gnttab_set_unmap_op(&ops[k],
					    address(bench->frames[i + k]),
					    GNTMAP_host_map,
					    bench->handles[i + k]);
		ret = gnttab_unmap_refs(ops, NULL, bench->frames + i, n);
		for (k = 0; k < n && !ret; k++)
			if (ops[k].status)
				ret = -EIO;
		if (ret)
			break;
	}
	kfree(ops);
	/* Frames that are still mapped are leaked, as the peer belongs to the test. */
	if (!ret)
		gnttab_free_pages(bench->mapped, bench->frames);
	kvfree(bench->frames);
	kvfree(bench->handles);
	bench->frames = NULL;
	bench->handles = NULL;
	bench->mapped = 0;
	return ret;
}

static long map_all(struct bench *bench, const struct xdb_bench_refs *args,
		    const grant_ref_t *refs)
{
	struct gnttab_map_grant_ref *ops;
	unsigned int i, k, n;
	long ret = 0;

	ops = kmalloc_array(min(args->nr_refs, BATCH), sizeof(*ops), OPS_GFP);
	if (!ops)
		return -ENOMEM;
	for (i = 0; i < args->nr_refs && !ret; i += n) {
		n = min(args->nr_refs - i, BATCH);
		for (k = 0; k < n; k++)
			gnttab_set_map_op(&ops[k],
					  address(bench->frames[i + k]),
					  GNTMAP_host_map, refs[i + k],
					  args->domid);
		ret = gnttab_map_refs(ops, NULL, bench->frames + i, n);
		for (k = 0; k < n && !ret; k++) {
			bench->handles[i + k] = ops[k].handle;
			if (ops[k].status)
				ret = -EIO;
		}
	}
	kfree(ops);
	return ret;
}

static long bench_map(struct bench *bench, const struct xdb_bench_refs *args,
		      grant_ref_t *refs)
{
	unsigned int n = args->nr_refs;
	long ret;

	if (bench->frames)
		return -EBUSY;
	if (copy_from_user(refs, u64_to_user_ptr(args->refs),
			   n * sizeof(*refs)))
		return -EFAULT;
	bench->frames = kvmalloc_array(n, sizeof(*bench->frames), GFP_KERNEL);
	bench->handles = kvmalloc_array(n, sizeof(*bench->handles), GFP_KERNEL);
	ret = -ENOMEM;
	if (!bench->frames || !bench->handles)
		goto err;
	ret = gnttab_alloc_pages(n, bench->frames);
	if (ret)
		goto err;
	ret = map_all(bench, args, refs);
	/* After an error some may be mapped, and are leaked: see bench_unmap(). */
	if (ret)
		goto err;
	bench->mapped = n;
	return 0;

err:
	kvfree(bench->frames);
	kvfree(bench->handles);
	bench->frames = NULL;
	bench->handles = NULL;
	return ret;
}

/* ---- the granting end ---- */

static void memory_free(struct kref *ref)
{
	struct memory *memory = container_of(ref, struct memory, ref);
	unsigned int i;

	sg_free_table(&memory->sgt);
	for (i = 0; i < memory->nr; i++)
		__free_page(memory->pages[i]);
	kvfree(memory->pages);
	kfree(memory);
}

static struct memory *memory_new(unsigned int nr)
{
	struct memory *memory = kzalloc(sizeof(*memory), GFP_KERNEL);
	struct scatterlist *sg;
	unsigned int i;

	if (!memory)
		return NULL;
	kref_init(&memory->ref);
	memory->pages = kvcalloc(nr, sizeof(*memory->pages), GFP_KERNEL);
	if (!memory->pages || sg_alloc_table(&memory->sgt, nr, GFP_KERNEL))
		goto err;
	for_each_sgtable_sg(&memory->sgt, sg, i) {
		memory->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!memory->pages[i])
			goto err;
		memory->nr++;
		sg_set_page(sg, memory->pages[i], PAGE_SIZE, 0);
	}
	return memory;

err:
	kref_put(&memory->ref, memory_free);
	return NULL;
}

static long bench_pages(struct bench *bench, unsigned long nr)
{
	struct memory *memory;

	if (!nr || nr > MAX_PAGES)
		return -EINVAL;
	if (bench->granted)
		return -EBUSY;
	memory = memory_new(nr);
	if (!memory)
		return -ENOMEM;
	if (bench->memory)
		kref_put(&bench->memory->ref, memory_free);
	bench->memory = memory;
	return 0;
}

static long bench_end(struct bench *bench)
{
	unsigned int i, in_use = 0;

	for (i = 0; i < bench->granted; i++)
		if (!gnttab_try_end_foreign_access(bench->refs[i]))
			bench->refs[in_use++] = bench->refs[i];
	bench->granted = in_use;
	if (in_use)
		return -EBUSY;
	kvfree(bench->refs);
	bench->refs = NULL;
	return 0;
}

static long bench_grant(struct bench *bench, const struct xdb_bench_refs *args)
{
	grant_ref_t unclaimed;
	unsigned int i;
	int ref;

	if (!bench->memory || bench->granted)
		return -EBUSY;
	if (args->nr_refs > bench->memory->nr)
		return -ERANGE;
	bench->refs =
		kvmalloc_array(args->nr_refs, sizeof(*bench->refs), GFP_KERNEL);
	if (!bench->refs)
		return -ENOMEM;
	if (gnttab_alloc_grant_references(args->nr_refs, &unclaimed)) {
		kvfree(bench->refs);
		bench->refs = NULL;
		return -ENOSPC;
	}
	for (i = 0; i < args->nr_refs; i++) {
		ref = gnttab_claim_grant_reference(&unclaimed);
		if (ref < 0)
			break;
		gnttab_grant_foreign_access_ref(
			ref, args->domid,
			xen_page_to_gfn(bench->memory->pages[i]), 0);
		bench->refs[bench->granted++] = ref;
	}
	gnttab_free_grant_references(unclaimed);
	if (copy_to_user(u64_to_user_ptr(args->refs), bench->refs,
			 bench->granted * sizeof(*bench->refs)))
		return -EFAULT;
	return 0;
}

/* ---- the same pages as a dma-buf ---- */

static struct sg_table *op_map(struct dma_buf_attachment *attach,
			       enum dma_data_direction dir)
{
	struct memory *memory = attach->dmabuf->priv;
	int ret = dma_map_sgtable(attach->dev, &memory->sgt, dir, 0);

	return ret ? ERR_PTR(ret) : &memory->sgt;
}

static void op_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
}

static void op_release(struct dma_buf *dmabuf)
{
	struct memory *memory = dmabuf->priv;

	kref_put(&memory->ref, memory_free);
}

static const struct dma_buf_ops memory_ops = {
	.map_dma_buf = op_map,
	.unmap_dma_buf = op_unmap,
	.release = op_release,
};

static long bench_dmabuf(struct bench *bench)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct dma_buf *dmabuf;
	int fd;

	if (!bench->memory)
		return -ENOENT;
	exp_info.ops = &memory_ops;
	exp_info.size = (size_t)bench->memory->nr << PAGE_SHIFT;
	exp_info.flags = O_RDWR;
	exp_info.priv = bench->memory;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	kref_get(&bench->memory->ref);
	fd = dma_buf_fd(dmabuf, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

/* ---- the device ---- */

static long with_refs(struct bench *bench, unsigned int cmd, void __user *arg)
{
	struct xdb_bench_refs args;
	grant_ref_t *refs;
	long ret;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (!args.nr_refs || args.nr_refs > MAX_PAGES)
		return -EINVAL;
	if (cmd == XDB_BENCH_IOC_GRANT)
		return bench_grant(bench, &args);
	refs = kvmalloc_array(args.nr_refs, sizeof(*refs), GFP_KERNEL);
	if (!refs)
		return -ENOMEM;
	ret = bench_map(bench, &args, refs);
	kvfree(refs);
	return ret;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bench *bench = file->private_data;
	long ret = -ENOTTY;

	mutex_lock(&bench->lock);
	switch (cmd) {
	case XDB_BENCH_IOC_MAP:
	case XDB_BENCH_IOC_GRANT:
		ret = with_refs(bench, cmd, (void __user *)arg);
		break;
	case XDB_BENCH_IOC_UNMAP:
		ret = bench_unmap(bench);
		break;
	case XDB_BENCH_IOC_PAGES:
		ret = bench_pages(bench, arg);
		break;
	case XDB_BENCH_IOC_END:
		ret = bench_end(bench);
		break;
	case XDB_BENCH_IOC_DMABUF:
		ret = bench_dmabuf(bench);
		break;
	}
	mutex_unlock(&bench->lock);
	return ret;
}

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench *bench = kzalloc(sizeof(*bench), GFP_KERNEL);

	if (!bench)
		return -ENOMEM;
	mutex_init(&bench->lock);
	file->private_data = bench;
	return 0;
}

static int bench_release(struct inode *inode, struct file *file)
{
	struct bench *bench = file->private_data;

	if (bench_unmap(bench))
		pr_warn("xdb_bench: Xen did not unmap everything\n");
	/* Pages that a peer still uses are never freed. */
	if (bench->granted && bench_end(bench)) {
		pr_warn("xdb_bench: %u pages are still in use: leaked\n",
			bench->granted);
		return 0;
	}
	if (bench->memory)
		kref_put(&bench->memory->ref, memory_free);
	kfree(bench);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
};

XDB_DEVICE_MODULE("xdb-bench", &bench_fops);

MODULE_DESCRIPTION("The bare grant calls, for benchmarks");
MODULE_LICENSE("GPL");
XDB_IMPORT_DMA_BUF();
