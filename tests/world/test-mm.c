// SPDX-License-Identifier: GPL-2.0-only
/*
 * Foreign pages in a process's address space: whatever the process does with its
 * mapping, it sees the right bytes, or gets an error or a signal.  On PV these are
 * grant PTEs, which can be neither copied nor moved.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "raw.h"

#define PAGES 16

static uint32_t refs[PAGES];

static void fork_shares_mapping_or_drops_it_on_pv(void **state)
{
	struct view v;
	int status;

	(void)state;
	view_begin_plain(&v, PAGES, 1);
	status = in_child(view_read_in_child, &v);
	/* PV: a copied grant PTE would be a mapping unknown to Xen, so the child
	 * has none.  Elsewhere the child shares the mapping as usual.
	 */
	assert_int_equal(status, world.pv ? 128 + SIGSEGV : 0);
	view_check(&v, 1);
	view_fill(&v, 2);
	assert_int_equal(agent("check 0 2"), 0);
	assert_int_equal(lease_look(v.lease).mmaps, 1);
	view_end_and_free(&v);
}

/* MADV_DOFORK must not undo the driver's VM_DONTCOPY */
static void fork_after_madv_dofork_unchanged(void **state)
{
	struct view v;
	int err;

	(void)state;
	view_begin_plain(&v, PAGES, 1);
	err = madvise(v.va, PAGES * PAGE, MADV_DOFORK);
	assert_true(err || !world.pv);
	assert_int_equal(in_child(view_read_in_child, &v),
			 world.pv ? 128 + SIGSEGV : 0);
	view_check(&v, 1);
	view_end_and_free(&v);
}

static void munmap_of_a_part_right_or_refused(void **state)
{
	struct view v;
	uint8_t byte;

	(void)state;
	view_begin_plain(&v, PAGES, 8);
	if (munmap(v.va + 5 * PAGE, PAGE)) {
		assert_int_equal(errno, EINVAL);
		view_check(&v, 8);
	} else {
		assert_false(world.pv);
		assert_int_equal(probe_read(v.va + 5 * PAGE, &byte), SIGSEGV);
		assert_right_or_gone(v.va, 0, 5, 8);
		assert_right_or_gone(v.va + 6 * PAGE, 6, PAGES - 6, 8);
		agent("fill 0 9");
		assert_right_or_gone(v.va, 0, 5, 9);
	}
	view_end_and_free(&v);
}

static void mprotect_right_or_refused(void **state)
{
	struct view v;

	(void)state;
	view_begin_plain(&v, PAGES, 10);
	note("mprotect of a part: %s",
	     mprotect(v.va + PAGE, PAGE, PROT_READ) ? "refused" : "done");
	agent("fill 0 11");
	assert_right_or_gone(v.va, 0, PAGES, 11);
	note("mprotect of all: %s",
	     mprotect(v.va, PAGES * PAGE, PROT_READ) ? "refused" : "done");
	agent("fill 0 12");
	assert_right_or_gone(v.va, 0, PAGES, 12);
	note("mprotect to nothing and back: %s",
	     mprotect(v.va, PAGES * PAGE, PROT_NONE) ||
			     mprotect(v.va, PAGES * PAGE,
				      PROT_READ | PROT_WRITE)
		     ? "refused"
		     : "done");
	agent("fill 0 13");
	assert_right_or_gone(v.va, 0, PAGES, 13);
	/* a new mapping works in any case */
	view_drop(&(struct view){ .fd = -1, .va = v.va, .pages = PAGES });
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 13);
	view_end_and_free(&v);
}

static void madvise_does_not_change_contents(void **state)
{
	static const int advice[] = {
		MADV_DONTNEED,	    MADV_REMOVE,	 MADV_FREE,
		MADV_COLD,	    MADV_PAGEOUT,	 MADV_WILLNEED,
		MADV_MERGEABLE,	    MADV_HUGEPAGE,	 MADV_DODUMP,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DONTFORK,
	};
	uint64_t seed = 20;
	struct view v;
	size_t i;

	(void)state;
	view_begin_plain(&v, PAGES, seed);
	/* DONTNEED would clear the page tables: refused for these */
	assert_int_equal(madvise(v.va, PAGES * PAGE, MADV_DONTNEED), -1);
	assert_int_equal(errno, EINVAL);
	for (i = 0; i < ARRAY_LEN(advice); i++) {
		madvise(v.va, PAGES * PAGE, advice[i]);
		madvise(v.va + PAGE, PAGE, advice[i]);
		agent("fill 0 %lu", ++seed);
		assert_right_or_gone(v.va, 0, PAGES, seed);
	}
	view_end_and_free(&v);
}

/* for CRIU and profilers: "4" clears the soft-dirty bits of the whole process */
static void mapping_survives_tracking_of_writes(void **state)
{
	struct view v;
	int fd;

	(void)state;
	view_begin_plain(&v, PAGES, 5);
	fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "4", 1), 1);
	close(fd);
	view_check(&v, 5);
	view_fill(&v, 6);
	assert_int_equal(agent("check 0 6"), 0);
	view_end_and_free(&v);
}

static void mmap_private_refused(void **state)
{
	struct view v;

	(void)state;
	view_begin_plain(&v, PAGES, 30);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			      v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	view_end_and_free(&v);
}

static void mmap_beyond_the_end_refused(void **state)
{
	struct view v;

	(void)state;
	view_begin_plain(&v, PAGES, 31);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd,
			      PAGES * PAGE),
			 MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, v.fd,
			      (PAGES - 1) * PAGE),
			 MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd,
			      0x7ffffffffffff000L),
			 MAP_FAILED);
	view_check(&v, 31);
	view_end_and_free(&v);
}

/* references to foreign pages cannot be taken: copying works, pinning does not */
static void vmsplice_and_process_vm_readv_refused(void **state)
{
	struct iovec iov, to;
	uint8_t copy[PAGE];
	struct view v;
	int pipefd[2];

	(void)state;
	view_begin_plain(&v, PAGES, 32);
	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	iov.iov_base = v.va;
	iov.iov_len = PAGE;
	assert_int_equal(vmsplice(pipefd[1], &iov, 1, SPLICE_F_NONBLOCK), -1);
	assert_int_equal(errno, EFAULT);
	to.iov_base = copy;
	to.iov_len = PAGE;
	assert_int_equal(process_vm_readv(getpid(), &to, 1, &iov, 1, 0), -1);
	assert_int_equal(errno, EFAULT);

	/* plain read and write */
	assert_int_equal(write(pipefd[1], v.va + PAGE, PAGE), PAGE);
	assert_int_equal(read(pipefd[0], copy, PAGE), PAGE);
	assert_int_equal(pattern_check(copy, 1, 1, 32, NULL), 0);
	pattern_fill(copy, 2, 1, 33);
	assert_int_equal(write(pipefd[1], copy, PAGE), PAGE);
	assert_int_equal(read(pipefd[0], v.va + 2 * PAGE, PAGE), PAGE);
	assert_int_equal(agent("check 0 33 2 1"), 0);
	close(pipefd[0]);
	close(pipefd[1]);
	view_end_and_free(&v);
}

/* O_DIRECT would let a disk read or write foreign pages by DMA: EFAULT */
static void direct_io_on_foreign_pages_refused(void **state)
{
	static const char *const disks[] = { "/dev/sda", "/dev/vda" };
	uint8_t *own = aligned_alloc(PAGE, PAGE);
	int fd = -1;
	struct view v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(disks) && fd < 0; i++)
		fd = open(disks[i], O_RDWR | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_non_null(own);
	assert_int_equal(pread(fd, own, PAGE, 0), PAGE);
	view_begin_plain(&v, PAGES, 34);
	assert_int_equal(pread(fd, v.va, PAGE, 0), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(pwrite(fd, v.va, PAGE, 0), -1);
	assert_int_equal(errno, EFAULT);
	close(fd);
	free(own);
	view_check(&v, 34);
	view_end_and_free(&v);
}

static void read_only_map_never_writable(void **state)
{
	struct view v;
	uint8_t byte;
	int zero;

	(void)state;
	guest_plain(0, PAGES, "ro", 35, refs);
	view_map(&v, refs, PAGES, XENDMABUF_RDONLY);
	assert_int_equal(fcntl(v.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EACCES);
	view_mmap(&v, PROT_READ);
	view_check(&v, 35);
	assert_int_equal(mprotect(v.va, PAGES * PAGE, PROT_READ | PROT_WRITE),
			 -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(probe_write(v.va, 1), SIGSEGV);
	assert_int_equal(probe_read(v.va, &byte), 0);
	/* nor does the kernel write there for the process */
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(zero, v.va, 1), -1);
	assert_int_equal(errno, EFAULT);
	close(zero);
	assert_int_equal(agent("check 0 35"), 0);
	view_end_and_free(&v);
}

static void mappings_of_parts_share_memory(void **state)
{
	uint8_t *part, *again;
	struct view v;
	long mapped;

	(void)state;
	guest_plain(0, PAGES, "rw", 40, refs);
	view_map(&v, refs, PAGES, 0);
	mapped = machine_stat("pages_mapped");
	view_mmap(&v, PROT_READ | PROT_WRITE);
	part = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd,
		    4 * PAGE);
	again = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd,
		     (PAGES - 1) * PAGE);
	assert_ptr_not_equal(part, MAP_FAILED);
	assert_ptr_not_equal(again, MAP_FAILED);
	assert_int_equal(lease_look(v.lease).mmaps, 3);
	assert_int_equal(pattern_check(part, 4, 3, 40, NULL), 0);
	assert_int_equal(pattern_check(again, PAGES - 1, 1, 40, NULL), 0);
	/* on PV each user mapping takes maptrack entries, which are counted */
	if (world.pv)
		assert_int_equal(machine_stat("pages_mapped"),
				 mapped + PAGES + 3 + 1);
	/* all of them show the same memory */
	pattern_fill(part, 4, 3, 41);
	assert_int_equal(pattern_check(v.va + 4 * PAGE, 4, 3, 41, NULL), 0);
	assert_int_equal(agent("check 0 41 4 3"), 0);

	assert_int_equal(munmap(v.va, PAGES * PAGE), 0);
	v.va = NULL;
	assert_int_equal(pattern_check(part, 4, 3, 41, NULL), 0);
	assert_int_equal(munmap(part, 3 * PAGE), 0);
	assert_int_equal(lease_look(v.lease).mmaps, 1);
	assert_int_equal(pattern_check(again, PAGES - 1, 1, 40, NULL), 0);
	assert_int_equal(munmap(again, PAGE), 0);
	view_end_and_free(&v);
}

static void mmap_fixed_over_a_mapping_ends_it(void **state)
{
	struct view v;
	void *over;

	(void)state;
	view_begin_plain(&v, PAGES, 42);
	/* MAP_FIXED unmaps the whole foreign mapping */
	over = mmap(v.va, PAGES * PAGE, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	assert_ptr_equal(over, v.va);
	assert_int_equal(v.va[0], 0);
	eventually(lease_look(v.lease).mmaps == 0);
	view_end_and_free(&v);
}

static void revoked_mapping_raises_sigbus_for_good(void **state)
{
	struct view v;
	uint8_t byte;
	int pipefd[2];
	void *part;

	(void)state;
	view_begin_plain(&v, PAGES, 43);
	part = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, 0);
	assert_ptr_not_equal(part, MAP_FAILED);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_int_equal(probe_read(v.va, &byte), SIGBUS);
	assert_int_equal(probe_read(part, &byte), SIGBUS);
	/* the pages are never populated again */
	sleep_ms(100);
	assert_int_equal(probe_write(v.va + PAGE, 1), SIGBUS);
	/* an access by the kernel for the process fails as well */
	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	assert_int_equal(write(pipefd[1], v.va, 1), -1);
	assert_int_equal(errno, EFAULT);
	close(pipefd[0]);
	close(pipefd[1]);
	munmap(part, PAGE);
	view_end_and_free(&v);
}

/* on PV each user mapping takes maptrack entries, which are limited */
static void user_mappings_limited_on_pv(void **state)
{
	unsigned long was;
	unsigned int n;
	struct view v;
	void *va[400];

	(void)state;
	if (!world.pv)
		skip();
	view_begin_plain(&v, PAGES, 50);
	/* a quota for the view and one mapping of it */
	was = raw_param("user_mapped_pages", 2 * PAGES);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EDQUOT);
	raw_param("user_mapped_pages", was);

	/* Xen limits how often one reference is mapped */
	for (n = 0; n < ARRAY_LEN(va); n++) {
		va[n] = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, 0);
		if (va[n] == MAP_FAILED)
			break;
	}
	assert_true(n < ARRAY_LEN(va));
	assert_int_equal(errno, ENOSPC);
	note("a page can be mapped %u times", n);
	assert_int_equal(lease_look(v.lease).mmaps, n + 1);
	view_check(&v, 50);
	while (n--)
		munmap(va[n], PAGE);
	view_end_and_free(&v);
}

#define OTHER_BYTES (64UL << 20)

struct other_memory {
	int fd;
	uint8_t *va;
	atomic_bool end;
};

/* The kernel unmaps the pages of a hole without the process's lock */
static void *free_again_and_again(void *arg)
{
	struct other_memory *o = arg;
	size_t i;

	while (!o->end) {
		fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			  OTHER_BYTES);
		for (i = 0; i < OTHER_BYTES; i += PAGE)
			o->va[i] = 1;
	}
	return NULL;
}

/* The notifier of a mapping that is made meanwhile is queued by the kernel */
static void mappings_end_while_other_memory_is_freed(void **state)
{
	struct other_memory o = { .fd = memfd_create("other", MFD_CLOEXEC) };
	int64_t end = now_ms() + 10000;
	size_t len = PAGES * PAGE;
	unsigned int times = 0;
	pthread_t thread;
	struct view v;
	void *va[2];

	(void)state;
	assert_int_equal(ftruncate(o.fd, OTHER_BYTES), 0);
	o.va = mmap(NULL, OTHER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, o.fd,
		    0);
	assert_ptr_not_equal(o.va, MAP_FAILED);
	view_begin_plain(&v, PAGES, 60);
	assert_int_equal(
		pthread_create(&thread, NULL, free_again_and_again, &o), 0);
	for (; now_ms() < end; times++) {
		va[0] = mmap(NULL, len, PROT_READ, MAP_SHARED, v.fd, 0);
		va[1] = mmap(NULL, len, PROT_READ, MAP_SHARED, v.fd, 0);
		munmap(va[1], len);
		munmap(va[0], len);
	}
	o.end = true;
	pthread_join(thread, NULL);
	note("mapped twice, %u times", times);
	munmap(o.va, OTHER_BYTES);
	close(o.fd);
	view_check(&v, 60);
	assert_int_equal(lease_look(v.lease).mmaps, 1);
	/* what was leaked is never unmapped */
	view_end_and_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(fork_shares_mapping_or_drops_it_on_pv),
		world_test(fork_after_madv_dofork_unchanged),
		world_test(munmap_of_a_part_right_or_refused),
		world_test(mprotect_right_or_refused),
		world_test(madvise_does_not_change_contents),
		world_test(mapping_survives_tracking_of_writes),
		world_test(mmap_private_refused),
		world_test(mmap_beyond_the_end_refused),
		world_test(vmsplice_and_process_vm_readv_refused),
		world_test(direct_io_on_foreign_pages_refused),
		world_test(read_only_map_never_writable),
		world_test(mappings_of_parts_share_memory),
		world_test(mmap_fixed_over_a_mapping_ends_it),
		world_test(revoked_mapping_raises_sigbus_for_good),
		world_test(user_mappings_limited_on_pv),
		world_test(mappings_end_while_other_memory_is_freed),
	};

	return world_run("mm", tests);
}
