// SPDX-License-Identifier: GPL-2.0-only
/*
 * world-host: ask the machine that runs this world for something.
 *
 * Files travel over the outbox, a disk whose image the host reads; a lock
 * lets one file through at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/fs.h>

#include "world.h"

#define ANSWER_LIMIT_MS 120000
#define OUTBOX_LOCK "/run/world-outbox.lock"
#define OUTBOX_MARK "world-host outbox"
#define MARK_SIZE 512U

static const char usage[] =
	"usage: world-host screenshot NAME [--card CARD]\n"
	"       world-host save PATH [NAME]\n"
	"       world-host compare NAME.png NAME.png\n"
	"       world-host input EVENT...\n"
	"\n"
	"screenshot saves what the card (cirrus-vga, bochs-display; default: the\n"
	"first one) shows as NAME.png in the run's output folder on the host.\n"
	"save copies the file at PATH there, as NAME.\n"
	"compare looks whether two pictures there have the same pixels.\n"
	"input is somebody at the machine's keyboard and mouse; an EVENT is one of\n"
	"key:CODE:down, btn:NAME:up, abs:x:VALUE (to 32767), rel:y:VALUE, with the\n"
	"names of QEMU's QKeyCode and InputButton.\n";

static int ask(const char *request)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = WORLD_SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[WORLD_LINE];
	size_t fill = 0;

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		fprintf(stderr, "world-host: nobody serves %s: %s\n",
			WORLD_SOCKET, strerror(errno));
		return 1;
	}
	if (dprintf(fd, "%s\n", request) < 0) {
		fprintf(stderr, "world-host: cannot ask: %s\n",
			strerror(errno));
		return 1;
	}
	while (fill < sizeof(text) - 1 && !memchr(text, '\n', fill)) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&ready, 1, ANSWER_LIMIT_MS) != 1) {
			fprintf(stderr,
				"world-host: no answer from the host in %d s\n",
				ANSWER_LIMIT_MS / 1000);
			return 1;
		}
		n = read(fd, text + fill, sizeof(text) - 1 - fill);
		if (n <= 0)
			break;
		fill += n;
	}
	text[fill] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
	if (!strcmp(text, "ok"))
		return 0;
	fprintf(stderr, "world-host: %s\n",
		*text ? text : "the connection ended");
	return 1;
}

static uint32_t crc32(uint32_t crc, const unsigned char *data, size_t size)
{
	int bit;

	crc = ~crc;
	while (size--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

/* The host has marked its end; 0: another disk */
static uint64_t room_in_outbox(int fd)
{
	char mark[MARK_SIZE];
	uint64_t size = 0;

	if (ioctl(fd, BLKGETSIZE64, &size) || size < MARK_SIZE ||
	    pread(fd, mark, MARK_SIZE, size - MARK_SIZE) != MARK_SIZE ||
	    strncmp(mark, OUTBOX_MARK, MARK_SIZE))
		return 0;
	return size - MARK_SIZE;
}

static int open_if_outbox(const char *path, uint64_t *room)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	*room = fd < 0 ? 0 : room_in_outbox(fd);
	if (fd >= 0 && !*room) {
		close(fd);
		errno = ENODEV;
		return -1;
	}
	return fd;
}

/* Disks are found in any order, and the run may have given dom0 another one */
static int open_outbox(uint64_t *room)
{
	static const char *const patterns[] = { "/dev/sd[a-z]",
						"/dev/vd[a-z]" };
	glob_t found;
	size_t i, j;
	int fd = -1;

	for (i = 0; fd < 0 && i < sizeof(patterns) / sizeof(*patterns); i++) {
		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (j = 0; fd < 0 && j < found.gl_pathc; j++)
			fd = open_if_outbox(found.gl_pathv[j], room);
		globfree(&found);
	}
	return fd;
}

/* Copies the file to the start of the outbox; its size and checksum */
static int fill_outbox(const char *path, uint64_t *size, uint32_t *crc)
{
	static unsigned char buffer[1 << 20];
	uint64_t room = 0;
	int in = open(path, O_RDONLY | O_CLOEXEC), out = open_outbox(&room);

	*size = 0;
	*crc = 0;
	if (in < 0 || out < 0) {
		fprintf(stderr, "world-host: cannot open %s: %s\n",
			in < 0 ? path : "the outbox", strerror(errno));
		return 1;
	}
	for (;;) {
		ssize_t n = read(in, buffer, sizeof(buffer));

		if (n == 0)
			break;
		if (n < 0) {
			fprintf(stderr, "world-host: cannot read %s: %s\n",
				path, strerror(errno));
			return 1;
		}
		if (*size + n > room) {
			fprintf(stderr,
				"world-host: %s is larger than the outbox (%llu bytes)\n",
				path, (unsigned long long)room);
			return 1;
		}
		if (pwrite(out, buffer, n, *size) != n) {
			fprintf(stderr,
				"world-host: cannot write to the outbox: %s\n",
				strerror(errno));
			return 1;
		}
		*crc = crc32(*crc, buffer, n);
		*size += n;
	}
	if (fsync(out)) {
		fprintf(stderr, "world-host: the outbox took no data: %s\n",
			strerror(errno));
		return 1;
	}
	close(in);
	close(out);
	return 0;
}

static int save(const char *path, const char *name)
{
	int lock = open(OUTBOX_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char request[WORLD_LINE];
	uint64_t size;
	uint32_t crc;

	if (lock < 0 || flock(lock, LOCK_EX)) {
		fprintf(stderr, "world-host: cannot lock %s: %s\n", OUTBOX_LOCK,
			strerror(errno));
		return 1;
	}
	if (fill_outbox(path, &size, &crc))
		return 1;
	snprintf(request, sizeof(request), "saved %llu %08x %s",
		 (unsigned long long)size, crc, name);
	return ask(request);
}

/* Names are one component of a path, so that they stay in the output folder */
static int bad_name(const char *name)
{
	if (*name && *name != '.' && strlen(name) < 128 &&
	    strspn(name,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		    strlen(name))
		return 0;
	fprintf(stderr,
		"world-host: bad name '%s': use letters, digits, '.', '_' and '-'\n",
		name);
	return 1;
}

/* The words as they are; the host knows what they mean */
static int input(int argc, char **argv)
{
	char request[WORLD_LINE] = "input";
	size_t len = strlen(request);
	int i;

	for (i = 0; i < argc; i++) {
		len += (size_t)snprintf(request + len, sizeof(request) - len,
					" %s", argv[i]);
		if (len >= sizeof(request) || strpbrk(argv[i], " \n")) {
			fprintf(stderr, "world-host: bad events\n");
			return 2;
		}
	}
	return ask(request);
}

int main(int argc, char **argv)
{
	char request[WORLD_LINE];
	const char *name;

	if ((argc == 3 || (argc == 5 && !strcmp(argv[3], "--card"))) &&
	    !strcmp(argv[1], "screenshot")) {
		if (bad_name(argv[2]) || (argc == 5 && bad_name(argv[4])))
			return 2;
		snprintf(request, sizeof(request), "screenshot %s%s%s", argv[2],
			 argc == 5 ? " " : "", argc == 5 ? argv[4] : "");
		return ask(request);
	}
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "save")) {
		name = strrchr(argv[2], '/');
		name = argc == 4 ? argv[3] : name ? name + 1 : argv[2];
		if (bad_name(name))
			return 2;
		return save(argv[2], name);
	}
	if (argc == 4 && !strcmp(argv[1], "compare")) {
		if (bad_name(argv[2]) || bad_name(argv[3]))
			return 2;
		snprintf(request, sizeof(request), "compare %s %s", argv[2],
			 argv[3]);
		return ask(request);
	}
	if (argc > 2 && !strcmp(argv[1], "input"))
		return input(argc - 2, argv + 2);
	fputs(usage, stderr);
	return 2;
}
