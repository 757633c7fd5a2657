// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "halves.h"

extern const struct wl_interface xdg_wm_base_interface;

char folder[] = "/tmp/test_halves.XXXXXX";
static char log_path[sizeof(folder) + 8];
pid_t compositor, host, agent;
char complaint[1024];

/* A program of the guest */
struct wl_display *display;
struct wl_compositor *wl;
struct wl_shm *shm;
struct wl_seat *seat;
struct wl_proxy *wm;
struct wl_data_device_manager *clipboard;
char globals[1024];

/* For sanitizers: libwayland keeps the objects of a program that has left */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libwayland-client\n";
}

static void keep_complaint(const char *fmt, va_list args)
{
	vsnprintf(complaint, sizeof(complaint), fmt, args);
}

pid_t halves_run(const char *const *argv)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDERR_FILENO);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static void await_socket(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, i, err = -1;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder,
		 name);
	for (i = 0; err && i < 1000; i++) {
		fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
		err = connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
		if (err)
			usleep(10000);
	}
	if (err)
		fail_msg("nobody listens at %s", address.sun_path);
}

void host_config(const char *more)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/conf", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "[default]\ndisplay = comp\n%s\n[guest work]\n", more);
	fclose(f);
}

void host_start(void)
{
	char conf[128], path[128];
	const char *const argv[] = { getenv("XWL_PROGRAM"),
				     "--config",
				     conf,
				     "--socket",
				     path,
				     "host",
				     "work",
				     NULL };

	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(path, sizeof(path), "%s/host", folder);
	host = halves_run(argv);
	await_socket("host", SOCK_SEQPACKET);
}

static void start_agent(void)
{
	char path[128];
	const char *const argv[] = { getenv("XWL_PROGRAM"),
				     "--display",
				     "guest-0",
				     "--socket",
				     path,
				     "agent",
				     NULL };

	snprintf(path, sizeof(path), "%s/host", folder);
	agent = halves_run(argv);
	await_socket("guest-0", SOCK_STREAM);
}

int halves_stop(pid_t *pid, int signal)
{
	int status = 0;

	if (*pid > 0) {
		kill(*pid, signal);
		waitpid(*pid, &status, 0);
	}
	*pid = 0;
	return status;
}

int halves_setup(void **state)
{
	host_config("");
	compositor = compositor_start("comp");
	host_start();
	start_agent();
	return 0;
}

bool log_has(const char *text)
{
	static char log[65536];
	FILE *f = fopen(log_path, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(log, 1, sizeof(log) - 1, f);
	log[n] = '\0';
	fclose(f);
	return strstr(log, text);
}

void program_leave(void)
{
	if (display)
		wl_display_disconnect(display);
	display = NULL;
	wl = NULL;
	shm = NULL;
	seat = NULL;
	wm = NULL;
	clipboard = NULL;
	globals[0] = '\0';
}

int halves_teardown(void **state)
{
	program_leave();
	/* each ends in order, and by itself */
	assert_int_equal(halves_stop(&agent, SIGTERM), 0);
	assert_int_equal(halves_stop(&host, SIGTERM), 0);
	compositor_stop(compositor);
	unlink(log_path);
	return 0;
}

static void add_global(void *data, struct wl_registry *r, uint32_t name,
		       const char *interface, uint32_t version)
{
	size_t at = strlen(globals);

	snprintf(globals + at, sizeof(globals) - at, "%s:%u ", interface,
		 version);
	if (!strcmp(interface, "wl_compositor"))
		wl = wl_registry_bind(r, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, "wl_shm"))
		shm = wl_registry_bind(r, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, "wl_seat"))
		seat = wl_registry_bind(r, name, &wl_seat_interface, 5);
	else if (!strcmp(interface, "wl_data_device_manager"))
		clipboard = wl_registry_bind(
			r, name, &wl_data_device_manager_interface, 3);
	else if (!strcmp(interface, "xdg_wm_base"))
		wm = wl_registry_bind(r, name, &xdg_wm_base_interface, 1);
}

static void remove_global(void *data, struct wl_registry *r, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { add_global,
							       remove_global };

void program_join(void)
{
	display = wl_display_connect("guest-0");
	assert_non_null(display);
	wl_registry_add_listener(wl_display_get_registry(display),
				 &registry_listener, NULL);
}

void program_enter(void)
{
	program_join();
	if (wl_display_roundtrip(display) < 0)
		fail_msg("no answer: %s", complaint);
	assert_non_null(wl);
	assert_non_null(shm);
	assert_non_null(seat);
	assert_non_null(wm);
}

struct image image_make(int32_t width, int32_t height)
{
	struct image i = { .width = width, .height = height };
	size_t size = (size_t)(width * height) * 4;
	struct wl_shm_pool *pool;

	i.fd = memfd_create("client", MFD_CLOEXEC);
	assert_int_equal(ftruncate(i.fd, (off_t)size + 4096), 0);
	i.pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, i.fd,
			4096);
	assert_ptr_not_equal(i.pixels, MAP_FAILED);
	pool = wl_shm_create_pool(shm, i.fd, (int32_t)size + 4096);
	i.buffer = wl_shm_pool_create_buffer(pool, 4096, width, height,
					     width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return i;
}

void image_fill(struct image *i, int32_t x, int32_t y, int32_t w, int32_t h)
{
	int32_t at, row;

	for (row = y; row < y + h; row++)
		for (at = x; at < x + w; at++)
			i->pixels[row * i->width + at] = (uint32_t)rand();
}

/* Commits, and waits until the compositor has it */
void surface_show(struct wl_surface *surface)
{
	wl_surface_commit(surface);
	if (wl_display_roundtrip(display) < 0)
		fail_msg("no answer: %s", complaint);
}

void expect_image(const struct image *i)
{
	assert_int_equal(seen->width, i->width);
	assert_int_equal(seen->height, i->height);
	assert_true(seen->pixels ==
		    hash_pixels(i->pixels, i->width, i->height, i->width * 4));
}

/* The connection ends with this reason, in the program and in the log */
void expect_end(const char *why)
{
	while (wl_display_roundtrip(display) > 0)
		;
	/* libwayland has logged the error */
	if (!strstr(complaint, why))
		fail_msg("program was told '%s' instead of '%s'", complaint,
			 why);
	if (!log_has(why))
		fail_msg("the log does not have '%s'", why);
	complaint[0] = '\0';
}

void expect_others_live(void)
{
	struct wl_surface *surface;
	struct image image;

	program_leave();
	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = image_make(64, 64);
	image_fill(&image, 0, 0, 64, 64);
	wl_surface_attach(surface, image.buffer, 0, 0);
	surface_show(surface);
	expect_image(&image);
}

int halves_begin(void)
{
	if (!mkdtemp(folder))
		return -errno;
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	wl_log_set_handler_client(keep_complaint);
	return 0;
}

int halves_end(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}
