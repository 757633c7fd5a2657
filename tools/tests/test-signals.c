// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals while grant, map and show wait in a file, and readers that are gone:
 * nothing stays published.
 *
 * Each command runs in a process of its own; the driver is made up.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "commands.h"
#include "say.h"
#include "share/granting.h"
#include "share/refs.h"
#include "signals.h"
#include "system/device.h"

#define LIMIT_S 20

static char folder[64], fifo[80], refs[80];

/* What the command's process has come to */
static struct {
	volatile bool started;
	volatile bool published;
} *seen;

struct xs_handle *__wrap_xs_open(unsigned long flags);
int __wrap_xt_device_open(struct xendmabuf **x, uint16_t domid,
			  unsigned int may);
int __wrap_xt_grant_alloc(struct xt_grant *g, unsigned int source);
int __wrap_xt_grant_make(struct xt_grant *g);
int __wrap_xt_grant_publish(struct xt_grant *g);
void __wrap_xt_grant_free(struct xt_grant *g);
uint64_t __wrap_xendmabuf_lease_id(const struct xendmabuf_lease *lease);
int __wrap_xendmabuf_lease_fd(const struct xendmabuf_lease *lease);
int __wrap_xendmabuf_lease_info(struct xendmabuf_lease *lease,
				struct xen_dmabuf_lease_info *info,
				size_t size);
int __wrap_xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
				    const uint32_t *list, size_t nr_refs,
				    unsigned int flags, unsigned int dma_bits,
				    int *fd, struct xendmabuf_lease **lease);

struct xs_handle *__wrap_xs_open(unsigned long flags)
{
	return NULL;
}

int __wrap_xt_device_open(struct xendmabuf **x, uint16_t domid,
			  unsigned int may)
{
	*x = NULL;
	seen->started = true;
	return 0;
}

int __wrap_xt_grant_alloc(struct xt_grant *g, unsigned int source)
{
	return 0;
}

int __wrap_xt_grant_make(struct xt_grant *g)
{
	g->refs = calloc(g->share.pic.pages, sizeof(*g->refs));
	return g->refs ? 0 : -1;
}

int __wrap_xt_grant_publish(struct xt_grant *g)
{
	seen->published = true;
	return 0;
}

void __wrap_xt_grant_free(struct xt_grant *g)
{
	seen->published = false;
	free(g->refs);
}

uint64_t __wrap_xendmabuf_lease_id(const struct xendmabuf_lease *lease)
{
	return 1;
}

int __wrap_xendmabuf_lease_fd(const struct xendmabuf_lease *lease)
{
	return -1;
}

/* What is granted comes back at once */
int __wrap_xendmabuf_lease_info(struct xendmabuf_lease *lease,
				struct xen_dmabuf_lease_info *info, size_t size)
{
	memset(info, 0, size);
	info->state = XEN_DMABUF_LEASE_RETURNED;
	return 0;
}

int __wrap_xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
				    const uint32_t *list, size_t nr_refs,
				    unsigned int flags, unsigned int dma_bits,
				    int *fd, struct xendmabuf_lease **lease)
{
	*lease = NULL;
	*fd = memfd_create("picture", 0);
	return ftruncate(*fd, (off_t)nr_refs * XENDMABUF_PAGE_SIZE);
}

static int begin(void **state)
{
	struct xt_picture pic = { .pages = 1,
				  .width = 32,
				  .height = 32,
				  .stride = 128,
				  .format = XT_SHARE_XRGB8888 };
	char *header = xt_refs_header(&pic);
	FILE *f;

	snprintf(folder, sizeof(folder), "/tmp/signals-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	snprintf(refs, sizeof(refs), "%s/refs", folder);
	f = fopen(refs, "w");
	if (!header || !f || mkfifo(fifo, 0600))
		return -1;
	fprintf(f, "%s8\n", header);
	fclose(f);
	free(header);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? -1 : 0;
}

static int end(void **state)
{
	munmap(seen, sizeof(*seen));
	unlink(fifo);
	unlink(refs);
	return rmdir(folder);
}

/* The command in a process, whose descriptor @at is @fd */
static pid_t start(const struct xt_command *cmd, int fd, int at, char **argv)
{
	int argc = 0;
	pid_t pid;

	while (argv[argc])
		argc++;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	alarm(LIMIT_S);
	dup2(fd, at);
	_exit(cmd->run(argc, argv));
}

static void signal_ends(const struct xt_command *cmd, char **argv)
{
	pid_t pid = start(cmd, STDERR_FILENO, STDOUT_FILENO, argv);
	int status;

	while (!seen->started && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	/* the command now waits in the FIFO, or soon will */
	usleep(100000);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_false(seen->published);
}

#define ARGUMENTS(...) ((char *[]){ __VA_ARGS__, NULL })

static void signal_ends_grant_without_a_reader_of_its_references(void **state)
{
	signal_ends(&xt_cmd_grant,
		    ARGUMENTS("grant", "--to", "3", "--size", "32x32", "--name",
			      "wall", "--refs", fifo));
}

static void signal_ends_grant_without_a_writer_of_its_picture(void **state)
{
	signal_ends(&xt_cmd_grant, ARGUMENTS("grant", "--to", "3", "--image",
					     fifo, "--name", "wall"));
}

static void signal_ends_map_without_a_reader_of_its_picture(void **state)
{
	signal_ends(&xt_cmd_map, ARGUMENTS("map", "--from", "3", "--refs", refs,
					   "--png", fifo));
}

static void signal_ends_show_without_a_reader_of_its_picture(void **state)
{
	signal_ends(&xt_cmd_show, ARGUMENTS("show", "--from", "3", "--refs",
					    refs, "--png", fifo));
}

/* @at is a pipe that has no reader; an exit status */
static int grant_without_reader(int at, char **argv)
{
	int status, ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	pid = start(&xt_cmd_grant, ends[1], at, argv);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(seen->published);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void grant_fails_when_the_reader_of_its_references_is_gone(void **state)
{
	assert_int_equal(grant_without_reader(STDOUT_FILENO,
					      ARGUMENTS("grant", "--to", "3",
							"--size", "32x32",
							"--name", "wall",
							"--refs", "-")),
			 XT_EXIT_FAILED);
}

static void grant_goes_on_when_the_reader_of_its_messages_is_gone(void **state)
{
	assert_int_equal(grant_without_reader(STDERR_FILENO,
					      ARGUMENTS("grant", "--to", "3",
							"--size", "32x32",
							"--name", "wall")),
			 XT_EXIT_OK);
}

/* Returns what is read after a signal */
static int read_signal(int sig, void (*handler)(int))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		int fd;

		signal(sig, handler);
		fd = xt_signals_open();
		raise(sig);
		_exit(xt_signals_read(fd));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void ignored_signal_ends_nothing(void **state)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		assert_int_equal(read_signal(ends[i], SIG_DFL), ends[i]);
		assert_int_equal(read_signal(ends[i], SIG_IGN), 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signal_ends_grant_without_a_reader_of_its_references),
		TEST(signal_ends_grant_without_a_writer_of_its_picture),
		TEST(signal_ends_map_without_a_reader_of_its_picture),
		TEST(signal_ends_show_without_a_reader_of_its_picture),
		TEST(grant_fails_when_the_reader_of_its_references_is_gone),
		TEST(grant_goes_on_when_the_reader_of_its_messages_is_gone),
		TEST(ignored_signal_ends_nothing),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
