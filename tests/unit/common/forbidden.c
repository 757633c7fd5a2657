// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/unit/common/forbidden.h"

static pid_t other; /* a process outside of the sandbox */

void forbidden_prepare(void)
{
	other = getpid();
}

static void open_a_file(void)
{
	_exit(open("/etc/passwd", O_RDONLY) < 0);
}

static void make_a_process(void)
{
	_exit(fork() < 0);
}

static void run_a_program(void)
{
	execl("/bin/true", "true", NULL);
}

static void make_a_socket(void)
{
	_exit(socket(AF_UNIX, SOCK_STREAM, 0) < 0);
}

static void kill_another(void)
{
	kill(other, SIGUSR1);
}

static void trace_another(void)
{
	ptrace(PTRACE_ATTACH, other, 0, 0);
}

static void map_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	     0);
}

static void unlock_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static void call_other_ioctl(void)
{
	ioctl(0, TIOCSTI, "x");
}

void (*forbidden_attempt(size_t number))(void)
{
	static void (*const all[])(void) = {
		open_a_file,   make_a_process, run_a_program,
		make_a_socket, kill_another,   trace_another,
		map_code,      unlock_code,    call_other_ioctl,
	};

	return number < sizeof(all) / sizeof(all[0]) ? all[number] : NULL;
}
