// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a peer maps is never reused, whatever happens to the process or the
 * domain at either end; after the unmap all of it is given back.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define PAGES 900
#define POISON 0xa5a5a5a5a5a5a5a5UL
#define GUEST_LEAVE_MIB 64
#define DOM0_LEAVE_MIB 200
#define KILL_AFTER_MS 2000
/* lines that a loaded module and the clock source may log meanwhile */
#define LOG_LINES 12

static uint32_t refs[PAGES];

/*
 * MiB to overwrite: MOST where it matters.  Elsewhere SOME, because the kernel
 * reuses first what was freed last, and an emulated machine is slow.
 */
#define MOST 300
#define SOME 64

static void press_guest_memory(int mib)
{
	long done = agent("pressure %lu %d %d", POISON, GUEST_LEAVE_MIB, mib);

	note("guest: %ld MiB poisoned", done);
	assert_true(done > 16);
}

static void press_dom0_memory(int mib)
{
	int done = machine_pressure(POISON, DOM0_LEAVE_MIB, mib);

	note("dom0: %d MiB poisoned", done);
	assert_true(done > 16);
}

static void guest_pages_kept_after_revoke_while_mapped(void **state)
{
	struct view v;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	agent("drop 0"); /* only the driver's grant holds the memory */
	agent("revoke 0");
	press_guest_memory(SOME);
	view_check(&v, 1);
	/* still writable, and the guest has not reused it */
	view_fill(&v, 2);
	press_guest_memory(MOST);
	view_check(&v, 2);
	agent("lease 0");
	assert_int_equal(agent_value[0], XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(agent_value[1], PAGES);

	view_end(&v);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	assert_int_equal(agent("stat pages_granted"), 0);
	agent("free 0");
}

/* of a revoked grant only the mapped pages are kept */
static void guest_pages_kept_only_where_mapped(void **state)
{
	struct view v;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "udmabuf", "rw", 3, refs);
	view_map(&v, refs + PAGES / 2, PAGES / 2, 0);
	view_mmap(&v, PROT_READ);
	agent("drop 0");
	agent("revoke 0");
	eventually(!agent_try("lease 0") && agent_value[1] == PAGES / 2);
	press_guest_memory(SOME);
	assert_int_equal(pattern_check(v.va, PAGES / 2, PAGES / 2, 3, NULL), 0);
	view_end(&v);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

static void guest_granter_killed_pages_kept(void **state)
{
	struct view v;

	(void)state;
	agent("load xen_dmabuf");
	agent("fork 1");
	agent("@1 alloc 0 %d heap 4", PAGES);
	agent("@1 grant 0 0 %d rw", PAGES);
	guest_refs(refs, PAGES);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	agent("kill 1");
	assert_int_equal(agent("stat pages_granted"), PAGES);
	/* the driver holds the pages, so its module cannot be removed either */
	assert_err(agent_try("remove xen_dmabuf"), -EWOULDBLOCK);
	press_guest_memory(SOME);
	view_check(&v, 4);
	view_end(&v);
	eventually(agent("stat pages_granted") == 0);
	assert_int_equal(agent("stat pages_leaked"), 0);
}

/* pages of stock gntalloc are kept while mapped here as well */
static void guest_gntalloc_user_killed_pages_kept(void **state)
{
	struct view v;

	(void)state;
	agent("fork 1");
	agent("@1 plain 0 64 rw 5");
	guest_refs(refs, 64);
	view_map(&v, refs, 64, 0);
	view_mmap(&v, PROT_READ);
	agent("kill 1");
	press_guest_memory(SOME);
	view_check(&v, 5);
	view_end(&v);
}

static void guest_module_removed_after_last_grant(void **state)
{
	long lines = agent("log");

	(void)state;
	agent("load xen_dmabuf");
	agent("alloc 0 4 heap 1");
	agent("grant 0 0 4 rw");
	assert_err(agent_try("remove xen_dmabuf"), -EWOULDBLOCK);
	agent("reset");
	eventually(!agent_try("remove xen_dmabuf"));
	assert_int_equal(agent("loaded xen_dmabuf"), 0);
	assert_true(agent("log") - lines <= LOG_LINES);
	agent("load xen_dmabuf");
}

/* ---- the same with dom0 as the granting end ---- */

struct holder {
	pid_t pid;
	uint32_t *refs; /* shared with it */
	size_t pages;
};

static int hold_grant(struct holder *h, int ready)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint8_t *va;
	int fd;

	if (xendmabuf_open(&x) ||
	    xendmabuf_alloc(h->pages * PAGE, XENDMABUF_ALLOC_ANY, &fd))
		return 1;
	va = mmap(NULL, h->pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (va == MAP_FAILED)
		return 2;
	pattern_fill(va, 0, h->pages, 6);
	if (xendmabuf_grant(x, fd, 0, world.domid, 0, h->refs, h->pages,
			    &lease))
		return 3;
	if (write(ready, "", 1) != 1)
		return 4;
	alarm(120);
	for (;;)
		pause();
}

static int hold_map(struct holder *h, int ready)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	volatile uint8_t *va;
	int fd;

	if (xendmabuf_open(&x) ||
	    xendmabuf_map(x, world.domid, h->refs, h->pages, 0, &fd, &lease))
		return 1;
	va = mmap(NULL, h->pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (va == MAP_FAILED)
		return 2;
	va[0] = va[0];
	if (write(ready, "", 1) != 1)
		return 4;
	alarm(120);
	for (;;)
		pause();
}

static void holder_start(struct holder *h, size_t pages,
			 int (*hold)(struct holder *h, int ready))
{
	struct pollfd p = { .events = POLLIN };
	int pipefd[2];
	char byte;

	h->pages = pages;
	h->refs = mmap(NULL, pages * sizeof(*h->refs), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(h->refs, MAP_FAILED);
	memcpy(h->refs, refs, pages * sizeof(*refs));
	assert_int_equal(pipe(pipefd), 0);
	h->pid = fork();
	if (!h->pid)
		_exit(hold(h, pipefd[1]));
	assert_true(h->pid > 0);
	close(pipefd[1]);
	p.fd = pipefd[0];
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	assert_int_equal(read(pipefd[0], &byte, 1), 1);
	close(pipefd[0]);
}

static void holder_kill(struct holder *h)
{
	int status;

	kill(h->pid, SIGKILL);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	munmap(h->refs, h->pages * sizeof(*h->refs));
}

static void dom0_granter_killed_pages_kept(void **state)
{
	struct local l = { .pages = PAGES };
	long granted = machine_stat("pages_granted");
	struct holder h;

	(void)state;
	agent("load xen_dmabuf");
	holder_start(&h, PAGES, hold_grant);
	l.refs = h.refs;
	assert_ok(local_to_guest(&l, 0, "rw"));
	holder_kill(&h);
	assert_int_equal(machine_stat("pages_granted"), granted + PAGES);
	press_dom0_memory(MOST / 2);
	assert_int_equal(agent("check 0 6"), 0);
	agent("fill 0 7");
	press_dom0_memory(SOME);
	assert_int_equal(agent("check 0 7"), 0);
	agent("free 0");
	eventually(machine_stat("pages_granted") == granted);
}

/* the guest waits for a process of dom0 that is killed: its buffer is unmapped */
static void dom0_mapper_killed_guest_grant_returned(void **state)
{
	long mapped = machine_stat("pages_mapped");
	struct holder h;
	int64_t began;
	pid_t killer;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 8, refs);
	holder_start(&h, PAGES, hold_map);
	assert_true(machine_stat("pages_mapped") >= mapped + PAGES);
	agent("revoke 0");
	assert_err(agent_try("wait 0 300"), -ETIMEDOUT);
	/* killed while the guest sleeps in its wait */
	began = now_ms();
	killer = fork();
	if (!killer) {
		sleep_ms(KILL_AFTER_MS);
		_exit(kill(h.pid, SIGKILL));
	}
	assert_true(killer > 0);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	assert_true(now_ms() - began >= KILL_AFTER_MS);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
	holder_kill(&h);
	eventually(machine_stat("pages_mapped") == mapped);
	agent("free 0");
}

static void guest_mapper_killed_dom0_grant_returned(void **state)
{
	struct xendmabuf_directory *dir;
	struct local l;
	uint32_t first;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "udmabuf", 9);
	local_grant(&l, 0);
	agent("fork 2");
	assert_ok(xendmabuf_directory_share(world.domid, l.refs, PAGES, &first,
					    &dir));
	agent("@2 map 0 %d %u rw", PAGES, first);
	xendmabuf_directory_unshare(dir);
	assert_int_equal(agent("@2 check 0 9"), 0);
	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_err(xendmabuf_lease_wait(l.lease, 300), -ETIMEDOUT);
	agent("kill 2");
	assert_ok(xendmabuf_lease_wait(l.lease, WAIT_MS));
	local_end(&l);
}

/* ---- the module, the log, the domain ---- */

static void module_not_removed_while_dmabuf_in_use(void **state)
{
	struct view v;

	(void)state;
	guest_plain(0, 4, "rw", 10, refs);
	view_map(&v, refs, 4, 0);
	/* with device and lease closed, the dma-buf alone must keep the module */
	xendmabuf_lease_close(v.lease);
	xendmabuf_close(world.x);
	assert_err(machine_remove("xen_dmabuf"), -EWOULDBLOCK);
	view_mmap(&v, PROT_READ);
	close(v.fd);
	v.fd = -1;
	assert_err(machine_remove("xen_dmabuf"), -EWOULDBLOCK);
	assert_int_equal(pattern_check(v.va, 0, 4, 10, NULL), 0);
	view_drop(&v);
	assert_ok(xendmabuf_open(&world.x));
	agent("free 0");
}

static void pending_revokes_do_not_flood_the_log(void **state)
{
	long here = machine_log_lines(), there = agent("log");
	struct local l;
	struct view v;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 11, refs);
	view_map(&v, refs, PAGES, 0);
	agent("revoke 0");
	local_alloc(&l, PAGES, "heap", 12);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 1, "rw"));
	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_err(xendmabuf_lease_wait(l.lease, 5000), -ETIMEDOUT);
	note("log: dom0 %ld lines, guest %ld lines in 5 s",
	     machine_log_lines() - here, agent("log") - there);
	assert_true(machine_log_lines() - here <= LOG_LINES);
	assert_true(agent("log") - there <= LOG_LINES);
	agent("free 1");
	local_end(&l);
	view_end(&v);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

static void guest_destroyed_mapped_pages_kept(void **state)
{
	uint16_t first = world.domid, domid = guest2_begin(GUEST2);
	struct local l;
	struct view plain, v;

	(void)state;
	guest_use(domid);
	agent("load xen_dmabuf");
	guest_plain(0, 64, "rw", 13, refs);
	view_map(&plain, refs, 64, 0);
	view_mmap(&plain, PROT_READ | PROT_WRITE);
	guest_grant(1, PAGES, "heap", "rw", 14, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	local_alloc(&l, PAGES, "heap", 15);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 2, "rw"));
	assert_int_equal(agent("check 2 15"), 0);

	guest2_destroy();
	guest_use(first);
	/* the pages outlive their domain while they are mapped here */
	view_check(&plain, 13);
	view_check(&v, 14);
	view_fill(&v, 16);
	view_check(&v, 16);
	view_end(&plain);
	view_end(&v);
	/* dom0's buffer that the guest had mapped is returned */
	local_end(&l);
	/* the domain no longer exists */
	eventually(domid_of("guest2") < 0);
	assert_err(xendmabuf_map(world.x, domid, refs, 4, 0, &v.fd, &v.lease),
		   -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(guest_pages_kept_after_revoke_while_mapped),
		world_test(guest_pages_kept_only_where_mapped),
		world_test(guest_granter_killed_pages_kept),
		world_test(guest_gntalloc_user_killed_pages_kept),
		world_test(guest_module_removed_after_last_grant),
		world_test(dom0_granter_killed_pages_kept),
		world_test(dom0_mapper_killed_guest_grant_returned),
		world_test(guest_mapper_killed_dom0_grant_returned),
		world_test(module_not_removed_while_dmabuf_in_use),
		world_test(pending_revokes_do_not_flood_the_log),
		world_test(guest_destroyed_mapped_pages_kept),
	};

	world_timeout(1200); /* starts a domain, and takes a lot of memory */
	return world_run("lifetime", tests);
}
