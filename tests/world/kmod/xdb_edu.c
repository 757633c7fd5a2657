// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_edu: imports a dma-buf for QEMU's "edu" card and does what drivers do, as
 * user space commands: attach, map, DMA, vmap.
 *
 * The card's DMA goes to and from a small memory of its own, which the CPU cannot
 * access.  So every copy takes two transfers: foreign page <-> card and
 * card <-> a buffer of this driver.
 */
#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/iosys-map.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "xdb_device.h"
#include "xdb_edu.h"

#define EDU_SRC 0x80
#define EDU_DST 0x88
#define EDU_COUNT 0x90
#define EDU_CMD 0x98
#define EDU_CMD_RUN BIT(0)
#define EDU_CMD_TO_RAM BIT(1)

#define EDU_MEMORY 0x40000
/*
 * Half of the card's memory: QEMU before 8.2 aborts the machine at a transfer that
 * reaches the end of the memory.
 */
#define EDU_CHUNK 2048

#define EDU_TIMEOUT_US (10 * USEC_PER_SEC)
#define MAX_COPY SZ_4M

#define CIRRUS_VENDOR 0x1013
#define CIRRUS_DEVICE 0x00b8

struct edu_card {
	struct pci_dev *pdev;
	void __iomem *regs;
	void *buffer;
	dma_addr_t buffer_dma;
	struct miscdevice misc;
	struct mutex lock; /* the engine, the mask, and every importer */
	u32 mask_bits;
	unsigned int attached;
};

struct edu_importer {
	struct edu_card *card;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	u32 direction;
	struct iosys_map vmap;
	bool vmapped;
};

static enum dma_data_direction edu_dma_dir(u32 direction)
{
	switch (direction) {
	case XDB_EDU_TO_DEVICE:
		return DMA_TO_DEVICE;
	case XDB_EDU_FROM_DEVICE:
		return DMA_FROM_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

static int edu_vunmap(struct edu_importer *imp)
{
	if (!imp->vmapped)
		return -EINVAL;
	dma_buf_vunmap_unlocked(imp->dmabuf, &imp->vmap);
	imp->vmapped = false;
	return 0;
}

static int edu_unmap(struct edu_importer *imp)
{
	if (!imp->sgt)
		return -EINVAL;
	dma_buf_unmap_attachment_unlocked(imp->attach, imp->sgt,
					  edu_dma_dir(imp->direction));
	imp->sgt = NULL;
	return 0;
}

static int edu_detach(struct edu_importer *imp)
{
	if (!imp->dmabuf)
		return -EINVAL;
	edu_vunmap(imp);
	edu_unmap(imp);
	dma_buf_detach(imp->dmabuf, imp->attach);
	dma_buf_put(imp->dmabuf);
	imp->dmabuf = NULL;
	imp->card->attached--;
	return 0;
}

/*
 * The DMA layer refuses masks below its own bounce buffers.  Set them all the same,
 * to test what a card with such a mask gets.
 */
static void edu_set_mask(struct edu_card *card, u32 bits)
{
	struct device *dev = &card->pdev->dev;

	if (dma_set_mask(dev, DMA_BIT_MASK(bits)))
		*dev->dma_mask = DMA_BIT_MASK(bits);
	card->mask_bits = bits;
}

static int edu_attach(struct edu_importer *imp, void __user *arg)
{
	struct edu_card *card = imp->card;
	struct dma_buf_attachment *attach;
	struct xdb_edu_attach req;
	struct dma_buf *dmabuf;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.mask_bits < 12 || req.mask_bits > 64)
		return -EINVAL;
	if (imp->dmabuf || (card->attached && card->mask_bits != req.mask_bits))
		return -EBUSY;

	dmabuf = dma_buf_get(req.dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	/* before the attach: an exporter may look at the mask in it */
	edu_set_mask(card, req.mask_bits);
	attach = dma_buf_attach(dmabuf, &card->pdev->dev);
	if (IS_ERR(attach)) {
		dma_buf_put(dmabuf);
		return PTR_ERR(attach);
	}
	imp->dmabuf = dmabuf;
	imp->attach = attach;
	card->attached++;
	return 0;
}

static int edu_map(struct edu_importer *imp, void __user *arg)
{
	struct xdb_edu_map req;
	struct scatterlist *sg;
	struct sg_table *sgt;
	int i;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.direction < XDB_EDU_TO_DEVICE || req.direction > XDB_EDU_BOTH ||
	    req.reserved)
		return -EINVAL;
	if (!imp->dmabuf || imp->sgt)
		return -EBUSY;

	sgt = dma_buf_map_attachment_unlocked(imp->attach,
					      edu_dma_dir(req.direction));
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	imp->sgt = sgt;
	imp->direction = req.direction;

	req.segments = sgt->nents;
	req.longest = 0;
	req.pages = 0;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		req.longest = max(req.longest, sg_dma_len(sg));
		req.pages += sg_dma_len(sg) >> 12;
	}
	if (copy_to_user(arg, &req, sizeof(req))) {
		edu_unmap(imp);
		return -EFAULT;
	}
	return 0;
}

static int edu_transfer(struct edu_card *card, u64 src, u64 dst, u32 len,
			u32 cmd)
{
	u32 v;

	writeq(src, card->regs + EDU_SRC);
	writeq(dst, card->regs + EDU_DST);
	writeq(len, card->regs + EDU_COUNT);
	writeq(cmd | EDU_CMD_RUN, card->regs + EDU_CMD);
	return read_poll_timeout(readl, v, !(v & EDU_CMD_RUN), 2000,
				 EDU_TIMEOUT_US, false, card->regs + EDU_CMD);
}

/* RAM at @from to RAM at @to, through the card's memory */
static int edu_move(struct edu_card *card, u64 from, u64 to, u32 len)
{
	int err = edu_transfer(card, from, EDU_MEMORY, len, 0);

	return err ?: edu_transfer(card, EDU_MEMORY, to, len, EDU_CMD_TO_RAM);
}

/* the device address of @offset, and how much follows it without a gap */
static int edu_find(struct sg_table *sgt, u64 offset, u64 *addr, u32 *len)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (offset < sg_dma_len(sg)) {
			*addr = sg_dma_address(sg) + offset;
			*len = sg_dma_len(sg) - offset;
			return 0;
		}
		offset -= sg_dma_len(sg);
	}
	return -ERANGE;
}

static int edu_check_range(const struct edu_importer *imp,
			   const struct xdb_edu_copy *req)
{
	if (!req->len || req->len > MAX_COPY || req->write > 1)
		return -EINVAL;
	if (req->offset > imp->dmabuf->size ||
	    req->len > imp->dmabuf->size - req->offset)
		return -ERANGE;
	return 0;
}

static int edu_dma(struct edu_importer *imp, void __user *arg)
{
	struct edu_card *card = imp->card;
	struct xdb_edu_copy req;
	u32 need, done, len;
	char __user *user;
	u64 addr;
	int err;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!imp->sgt)
		return -EINVAL;
	err = edu_check_range(imp, &req);
	if (err)
		return err;
	need = req.write ? XDB_EDU_FROM_DEVICE : XDB_EDU_TO_DEVICE;
	if (!(imp->direction & need))
		return -EACCES;

	user = u64_to_user_ptr(req.user);
	for (done = 0; done < req.len; done += len) {
		err = edu_find(imp->sgt, req.offset + done, &addr, &len);
		if (err)
			return err;
		len = min3(len, req.len - done, (u32)EDU_CHUNK);
		if (req.write) {
			if (copy_from_user(card->buffer, user + done, len))
				return -EFAULT;
			err = edu_move(card, card->buffer_dma, addr, len);
		} else {
			err = edu_move(card, addr, card->buffer_dma, len);
			if (!err &&
			    copy_to_user(user + done, card->buffer, len))
				err = -EFAULT;
		}
		if (err)
			return err;
	}
	return 0;
}

static int edu_vmap(struct edu_importer *imp)
{
	int err;

	if (!imp->dmabuf || imp->vmapped)
		return -EBUSY;
	err = dma_buf_vmap_unlocked(imp->dmabuf, &imp->vmap);
	imp->vmapped = !err;
	return err;
}

static int edu_vcopy(struct edu_importer *imp, void __user *arg)
{
	struct xdb_edu_copy req;
	char __user *user;
	u32 done, len;
	void *page;
	int err;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!imp->vmapped)
		return -EINVAL;
	err = edu_check_range(imp, &req);
	if (err)
		return err;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;

	user = u64_to_user_ptr(req.user);
	for (done = 0; !err && done < req.len; done += len) {
		len = min(req.len - done, (u32)PAGE_SIZE);
		if (req.write) {
			if (copy_from_user(page, user + done, len))
				err = -EFAULT;
			else
				iosys_map_memcpy_to(&imp->vmap,
						    req.offset + done, page,
						    len);
		} else {
			iosys_map_memcpy_from(page, &imp->vmap,
					      req.offset + done, len);
			if (copy_to_user(user + done, page, len))
				err = -EFAULT;
		}
	}
	kfree(page);
	return err;
}

static int edu_vram(void __user *arg)
{
	struct xdb_edu_copy req;
	struct pci_dev *cirrus;
	void __iomem *vram;
	void *copy;
	int err;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!req.len || req.len > MAX_COPY || req.write)
		return -EINVAL;
	cirrus = pci_get_device(CIRRUS_VENDOR, CIRRUS_DEVICE, NULL);
	if (!cirrus)
		return -ENODEV;

	err = -ERANGE;
	if (req.offset > pci_resource_len(cirrus, 0) ||
	    req.len > pci_resource_len(cirrus, 0) - req.offset)
		goto out_put;
	err = -ENOMEM;
	copy = kvmalloc(req.len, GFP_KERNEL);
	if (!copy)
		goto out_put;
	vram = ioremap_wc(pci_resource_start(cirrus, 0) + req.offset, req.len);
	if (!vram)
		goto out_free;
	memcpy_fromio(copy, vram, req.len);
	iounmap(vram);
	err = copy_to_user(u64_to_user_ptr(req.user), copy, req.len) ? -EFAULT
								     : 0;
out_free:
	kvfree(copy);
out_put:
	pci_dev_put(cirrus);
	return err;
}

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct edu_importer *imp = file->private_data;
	void __user *user = (void __user *)arg;

	guard(mutex)(&imp->card->lock);
	switch (cmd) {
	case XDB_EDU_IOC_ATTACH:
		return edu_attach(imp, user);
	case XDB_EDU_IOC_DETACH:
		return edu_detach(imp);
	case XDB_EDU_IOC_MAP:
		return edu_map(imp, user);
	case XDB_EDU_IOC_UNMAP:
		return edu_unmap(imp);
	case XDB_EDU_IOC_DMA:
		return edu_dma(imp, user);
	case XDB_EDU_IOC_VMAP:
		return edu_vmap(imp);
	case XDB_EDU_IOC_VUNMAP:
		return edu_vunmap(imp);
	case XDB_EDU_IOC_VCOPY:
		return edu_vcopy(imp, user);
	case XDB_EDU_IOC_VRAM:
		return edu_vram(user);
	default:
		return -ENOTTY;
	}
}

static int edu_open(struct inode *inode, struct file *file)
{
	struct edu_card *card =
		container_of(file->private_data, struct edu_card, misc);
	struct edu_importer *imp = kzalloc(sizeof(*imp), GFP_KERNEL);

	if (!imp)
		return -ENOMEM;
	imp->card = card;
	file->private_data = imp;
	return 0;
}

static int edu_release(struct inode *inode, struct file *file)
{
	struct edu_importer *imp = file->private_data;

	mutex_lock(&imp->card->lock);
	edu_detach(imp);
	mutex_unlock(&imp->card->lock);
	kfree(imp);
	return 0;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_release,
	.unlocked_ioctl = edu_ioctl,
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct edu_card *card;
	int err;

	card = devm_kzalloc(dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->pdev = pdev;
	mutex_init(&card->lock);

	err = pcim_enable_device(pdev);
	if (err)
		return dev_err_probe(dev, err, "cannot enable the card\n");
	card->regs = pcim_iomap(pdev, 0, 0);
	if (!card->regs)
		return dev_err_probe(dev, -ENOMEM,
				     "cannot map its registers\n");
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return dev_err_probe(dev, err, "no 64-bit DMA\n");
	card->mask_bits = 64;
	card->buffer = dmam_alloc_coherent(dev, EDU_CHUNK, &card->buffer_dma,
					   GFP_KERNEL);
	if (!card->buffer)
		return -ENOMEM;
	pci_set_master(pdev);

	card->misc.minor = MISC_DYNAMIC_MINOR;
	card->misc.name = "xdb-edu";
	card->misc.fops = &edu_fops;
	card->misc.parent = dev;
	err = misc_register(&card->misc);
	if (err)
		return dev_err_probe(dev, err,
				     "cannot register /dev/xdb-edu\n");
	pci_set_drvdata(pdev, card);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu_card *card = pci_get_drvdata(pdev);

	/* open files hold the module, and the driver cannot be unbound: none */
	misc_deregister(&card->misc);
	pci_clear_master(pdev);
}

static const struct pci_device_id edu_ids[] = { { PCI_DEVICE(0x1234, 0x11e8) },
						{} };
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "xdb_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.driver.suppress_bind_attrs = true,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Test importer of dma-bufs for QEMU's edu card");
MODULE_LICENSE("GPL");
XDB_IMPORT_DMA_BUF();
