// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "faults.h"
#include "raw.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUGFS "/sys/kernel/debug/"

static int fault = -1;
static uint64_t text_start, text_end; /* the driver's */

static uint64_t module_number(const char *what)
{
	char path[96], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/xen_dmabuf/%s", what);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f))
		fail_msg("cannot read %s", path);
	fclose(f);
	return strtoull(text, NULL, 0);
}

static void probe_arm(unsigned int nth)
{
	struct xdb_fault_arm req = {
		.start = text_start,
		.end = text_end,
		.nth = nth,
	};

	assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
}

void faults_answer(int status)
{
	struct xdb_fault_arm req = {
		.start = text_start,
		.end = text_end,
		.nth = 1,
		.status = status,
	};

	assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
}

void faults_p2m(unsigned int nth)
{
	struct xdb_fault_arm req = { .nth = nth, .status = XDB_FAULT_P2M };

	assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
}

void faults_spoil(uint32_t what, uint32_t call, uint32_t index, int status)
{
	struct xdb_fault_spoil req = {
		.start = text_start,
		.end = text_end,
		.what = what,
		.call = call,
		.index = index,
		.status = status,
	};

	assert_ok(raw(fault, XDB_FAULT_IOC_SPOIL, &req));
}

static const char *probe_disarm(void)
{
	static struct xdb_fault_result result;

	assert_ok(raw(fault, XDB_FAULT_IOC_DISARM, &result));
	return result.fired ? result.name : NULL;
}

const struct injector faults_probes = {
	.name = "probe",
	.arm = probe_arm,
	.disarm = probe_disarm,
};

void faults_begin(void)
{
	assert_ok(machine_load("xdb_faults", NULL));
	fault = open("/dev/xdb-fault", O_RDWR | O_CLOEXEC);
	assert_true(fault >= 0);
	text_start = module_number("sections/.text");
	text_end = text_start + module_number("coresize");
}

void faults_all_there(void)
{
	struct xdb_fault_probes there;

	assert_ok(raw(fault, XDB_FAULT_IOC_PROBES, &there));
	note("%u of %u functions can be made to fail", there.there,
	     there.wanted);
	assert_string_equal(there.missing, "");
}

void faults_end(void)
{
	close(fault);
	fault = -1;
	assert_ok(machine_remove("xdb_faults"));
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail_msg("cannot write %s", path);
	close(fd);
}

static int nth_fd = -1;

bool faults_nth_begin(void)
{
	if (access(FAIL_NTH, W_OK))
		return false;
	/* allocations that may sleep as well; no stack trace in the log for each */
	write_file(DEBUGFS "failslab/ignore-gfp-wait", "N");
	write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	write_file(DEBUGFS "fail_page_alloc/min-order", "0");
	write_file(DEBUGFS "failslab/verbose", "0");
	write_file(DEBUGFS "fail_page_alloc/verbose", "0");
	write_file(DEBUGFS "fail_usercopy/verbose", "0");
	nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	assert_true(nth_fd >= 0);
	return true;
}

void faults_nth_end(void)
{
	close(nth_fd);
	nth_fd = -1;
}

static void nth_arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	assert_int_equal(pwrite(nth_fd, text, n, 0), n);
}

static const char *nth_disarm(void)
{
	char text[16] = "";
	/* if this copy fails, the operation was over without a failure */
	bool over = pread(nth_fd, text, sizeof(text) - 1, 0) > 0;
	bool fired = over && atoi(text) == 0;

	/* this copy may fail as well, which disarms fail_nth, too */
	if (!fired && pwrite(nth_fd, "0", 1, 0) != 1)
		note("fail_nth: disarming itself was made to fail");
	return fired ? "an allocation or copy" : NULL;
}

const struct injector faults_nth = {
	.name = "fail_nth",
	.arm = nth_arm,
	.disarm = nth_disarm,
	.may_succeed = true,
};
