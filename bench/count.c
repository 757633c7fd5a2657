// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts guest instructions between two marks of the measured
 * program (tools/bench/mark.h), for the CPU that executes the marks: those of Xen,
 * of the kernel and of user space, and those of each block of code.  Times in an
 * emulated machine mean little, but these counts hardly change between runs, even
 * on a busy host.  Iterations of a loop that waits for another CPU are left out,
 * as their number depends on the host.
 *
 * -plugin count.so,out=DIR writes
 *	DIR/sections	a line for each section: mark, Xen, kernel, user, other CPUs
 *	DIR/blocks	at exit, a line for each executed block: mark, address,
 *			instructions
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

#define MARKS 64
#define BUCKETS (1U << 16)

enum owner { XEN, KERNEL, USER, OWNERS };

/* a translated block of code; never freed */
struct block {
	struct block *next;
	uint64_t address;
	uint32_t insns;
	enum owner owner;
	bool waits; /* has an instruction for waiting loops */
	uint64_t *entered; /* for each mark; NULL until the first mark */
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects buckets */
static struct block *buckets[BUCKETS];
static bool arm64;
static FILE *sections, *blocks;

/* Written by the marking CPU only, while it counts. */
static volatile int marking = -1; /* the CPU that marks; -1: none */
static unsigned int mark;
static uint64_t spent[OWNERS];
static bool waited; /* in the block before; this one checks again */
static uint64_t elsewhere; /* by other CPUs; inexact, as updates race */

static enum owner owner_of(uint64_t address)
{
	if (arm64) {
		if (address >> 63)
			return KERNEL;
		return address >> 40 == 0xa ? XEN : USER;
	}
	if (!(address >> 63))
		return USER;
	/* Xen's part of the address space in a PV domain */
	return address < 0xffff880000000000 ? XEN : KERNEL;
}

static struct block *find_block(uint64_t address, uint32_t insns, bool waits)
{
	unsigned int k = (address ^ address >> 16 ^ insns) % BUCKETS;
	struct block *b;

	pthread_mutex_lock(&lock);
	for (b = buckets[k]; b; b = b->next)
		if (b->address == address && b->insns == insns)
			break;
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			abort();
		b->address = address;
		b->insns = insns;
		b->owner = owner_of(address);
		b->waits = waits;
		b->next = buckets[k];
		buckets[k] = b;
	}
	pthread_mutex_unlock(&lock);
	return b;
}

static void on_block(unsigned int cpu, void *data)
{
	struct block *b = data;

	if (marking < 0)
		return;
	if ((int)cpu != marking) {
		elsewhere += b->insns;
		return;
	}
	if (b->waits || waited) {
		waited = b->waits;
		return;
	}
	spent[b->owner] += b->insns;
	if (!b->entered) {
		b->entered = calloc(MARKS, sizeof(*b->entered));
		if (!b->entered)
			abort();
	}
	b->entered[mark]++;
}

static void on_mark(unsigned int cpu, void *data)
{
	unsigned int m = (uintptr_t)data;

	if (!m) {
		if ((int)cpu != marking)
			return;
		marking = -1;
		fprintf(sections,
			"%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			mark, spent[XEN], spent[KERNEL], spent[USER],
			elsewhere);
		fflush(sections);
		return;
	}
	mark = m % MARKS;
	memset(spent, 0, sizeof(spent));
	elsewhere = 0;
	waited = false;
	marking = (int)cpu;
}

/* The number of a mark, or -1 if the instruction is not one */
static int mark_of(const struct qemu_plugin_insn *insn)
{
	size_t size = qemu_plugin_insn_size(insn);
	uint8_t code[16] = { 0 };
	uint32_t word;

	if (size > sizeof(code))
		return -1;
	qemu_plugin_insn_data(insn, code, size);
	if (arm64) {
		if (size != 4)
			return -1;
		memcpy(&word, code, 4);
		/* movz xzr, #0x58NN */
		return (word & 0xffffe01f) == 0xd28b001f
			       ? (int)(word >> 5 & 0xff)
			       : -1;
	}
	/* nopl 0x584442NN(%rax) */
	if (size != 7 || code[0] != 0x0f || code[1] != 0x1f || code[2] != 0x80)
		return -1;
	memcpy(&word, code + 3, 4);
	return word >> 8 == 0x584442 ? (int)(word & 0xff) : -1;
}

/* Emulated CPUs end a block with such an instruction */
static bool is_pause(const struct qemu_plugin_insn *insn)
{
	static const uint8_t pause[] = { 0xf3, 0x90 };
	static const uint8_t yield[] = { 0x3f, 0x20, 0x03, 0xd5 };
	size_t size = arm64 ? sizeof(yield) : sizeof(pause);
	uint8_t code[4];

	return qemu_plugin_insn_size(insn) == size &&
	       qemu_plugin_insn_data(insn, code, size) == size &&
	       !memcmp(code, arm64 ? yield : pause, size);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	bool waits = n && is_pause(qemu_plugin_tb_get_insn(tb, n - 1));

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(
		tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
		find_block(qemu_plugin_tb_vaddr(tb), n, waits));
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int m = mark_of(insn);

		if (m >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)m);
	}
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	struct block *b;
	unsigned int k, m;

	(void)id;
	(void)data;
	marking = -1;
	for (k = 0; k < BUCKETS; k++)
		for (b = buckets[k]; b; b = b->next)
			for (m = 0; b->entered && m < MARKS; m++)
				if (b->entered[m])
					fprintf(blocks,
						"%u %" PRIx64 " %" PRIu64 "\n",
						m, b->address,
						b->entered[m] * b->insns);
	fclose(blocks);
	fclose(sections);
}

static FILE *open_in(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, "we");
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const struct qemu_plugin_info *info,
					   int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("count: say out=DIR\n", stderr);
		return -1;
	}
	arm64 = !strcmp(info->target_name, "aarch64");
	sections = open_in(argv[0] + 4, "sections");
	blocks = open_in(argv[0] + 4, "blocks");
	if (!sections || !blocks) {
		perror("count");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
