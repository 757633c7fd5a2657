// SPDX-License-Identifier: GPL-2.0-only
/* Both halves joined by channels of xen-channeld, of two domains on one machine. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/route-channel.h"
#include "halves.h"

extern const struct wl_interface zwp_linux_dmabuf_v1_interface,
	zwp_linux_buffer_params_v1_interface;

/* Of linux-dmabuf, for wl_proxy_marshal_flags() */
enum { CREATE_PARAMS = 1, ADD = 1 };

#define GUEST "3"
#define GUI "7"

/* xen-channeld of both, and where they listen */
static pid_t domains;
static int domains_input;
static char guest_control[128], gui_control[128];
static const char *services; /* what the GUI domain offers */

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void run_domains(int input, int output)
{
	char guest[128], gui[128];

	snprintf(guest, sizeof(guest), "%s/channel-guest", folder);
	snprintf(gui, sizeof(gui), "%s/channel-gui", folder);
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	execl(getenv("XWL_DOMAINS"), "two-domains", guest, gui, NULL);
	_exit(127);
}

static void start_domains(void)
{
	int in[2], out[2];
	char line[256];
	ssize_t n;

	write_file("channel-guest", "[use wayland]\npeer = " GUI "\nuser = *\n"
				    "type = seqpacket\n"
				    "fds = memory dmabuf pipe\n");
	write_file("channel-gui", services);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	domains = fork();
	if (!domains)
		run_domains(in[0], out[1]);
	close(in[0]);
	close(out[1]);
	domains_input = in[1];
	n = read(out[0], line, sizeof(line) - 1);
	close(out[0]);
	assert_true(n > 0);
	line[n] = '\0';
	assert_int_equal(
		sscanf(line, "%127s %127s", guest_control, gui_control), 2);
}

static void stop_domains(void)
{
	int status;

	/* processes that were forked meanwhile have the pipe, too */
	assert_int_equal(write(domains_input, "x", 1), 1);
	close(domains_input);
	assert_int_equal(waitpid(domains, &status, 0), domains);
	assert_int_equal(status, 0);
}

static void start_host(const char *config)
{
	char path[128];
	const char *const argv[] = { getenv("XWL_PROGRAM"), "--config", path,
				     "host", NULL };

	write_file("conf", config);
	snprintf(path, sizeof(path), "%s/conf", folder);
	setenv("XEN_CHANNEL_SOCKET", gui_control, 1);
	host = halves_run(argv);
}

static void start_agent(void)
{
	const char *const argv[] = { getenv("XWL_PROGRAM"),
				     "--display",
				     "guest-0",
				     "agent",
				     GUI,
				     NULL };
	char path[128];
	int i;

	setenv("XEN_CHANNEL_SOCKET", guest_control, 1);
	agent = halves_run(argv);
	snprintf(path, sizeof(path), "%s/guest-0", folder);
	for (i = 0; i < 1000 && access(path, F_OK); i++)
		usleep(10000);
}

#define TROUBLE "no program can come: "
#define OFFER                                                               \
	"[service wayland]\nfrom = " GUEST "\nuser = *\ntype = seqpacket\n" \
	"fds = memory dmabuf pipe\n"

static void await_log(const char *text)
{
	int i;

	for (i = 0; i < 1000 && !log_has(text); i++)
		usleep(10000);
	if (!log_has(text))
		fail_msg("the log has no '%s'", text);
}

static int setup_with(const char *offer, const char *config)
{
	services = offer;
	start_domains();
	compositor = compositor_start("comp");
	start_host(config);
	start_agent();
	return 0;
}

static int setup(void **state)
{
	setup_with(OFFER, "[default]\ndisplay = comp\n[guest " GUEST "]\n");
	await_log("service wayland offered");
	return 0;
}

static int teardown(void **state)
{
	halves_teardown(state);
	stop_domains();
	return 0;
}

static char out[8192];

/* What status says */
static int ask_status(void)
{
	char command[256];
	FILE *f;
	size_t n;

	snprintf(command, sizeof(command), "%s status 2>&1",
		 getenv("XWL_PROGRAM"));
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	return pclose(f);
}

static void expect_status(const char *text)
{
	assert_int_equal(ask_status(), 0);
	if (!strstr(out, text))
		fail_msg("no '%s' in:\n%s", text, out);
}

static void await_status(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		if (!ask_status() && strstr(out, GUEST ": ") &&
		    !strstr(out, TROUBLE))
			return;
		usleep(100000);
	}
	fail_msg("programs cannot come:\n%s", out);
}

static void show(struct image *i)
{
	struct wl_surface *surface = wl_compositor_create_surface(wl);

	image_fill(i, 0, 0, i->width, i->height);
	wl_surface_attach(surface, i->buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, i->width, i->height);
	surface_show(surface);
	expect_image(i);
}

static void program_is_shown_through_a_channel(void **state)
{
	struct image small, large;

	program_enter();
	small = image_make(16, 16);
	large = image_make(640, 480);
	show(&small);
	show(&large);
	expect_status(GUEST ": 1 programs");
	/* no driver, no dma-bufs: the last way is left */
	expect_status("frames: 0 shared, 0 copied, 2 sent");
	expect_status("copied: 1: nothing in the guest can share memory");
}

static void program_that_cannot_be_shown_is_told_why(void **state)
{
	struct image image;

	program_enter();
	/* more than is sent */
	image = image_make(1920, 1200);
	wl_surface_attach(wl_compositor_create_surface(wl), image.buffer, 0, 0);
	wl_display_roundtrip(display);
	expect_end("a buffer of 9000 KiB can neither be shared nor sent: "
		   "nothing in the guest can share memory");
}

static void bind_dmabuf(void *data, struct wl_registry *r, uint32_t name,
			const char *interface, uint32_t version)
{
	struct wl_proxy **dmabuf = data;

	if (!strcmp(interface, "zwp_linux_dmabuf_v1"))
		*dmabuf = wl_registry_bind(r, name,
					   &zwp_linux_dmabuf_v1_interface, 3);
}

static void ignore_removal(void *data, struct wl_registry *r, uint32_t name)
{
}

/* Here one that is no dma-buf; a full grant table ends the channel like this, too */
static void program_whose_buffer_cannot_be_sent_is_told_why(void **state)
{
	static const struct wl_registry_listener listener = { bind_dmabuf,
							      ignore_removal };
	int fd = eventfd(0, EFD_CLOEXEC);
	struct wl_proxy *dmabuf = NULL, *params;

	program_enter();
	wl_registry_add_listener(wl_display_get_registry(display), &listener,
				 &dmabuf);
	wl_display_roundtrip(display);
	assert_non_null(dmabuf);
	params = wl_proxy_marshal_flags(dmabuf, CREATE_PARAMS,
					&zwp_linux_buffer_params_v1_interface,
					3, 0, NULL);
	wl_proxy_marshal_flags(params, ADD, NULL, 3, 0, fd, 0, 0, 256, 0, 0);
	close(fd);
	wl_display_roundtrip(display);
	expect_end(xwl_channel_failure(-EOPNOTSUPP));
	expect_others_live();
}

static void failures_of_channels_have_words(void **state)
{
	assert_non_null(
		strstr(xwl_channel_failure(-ENOSPC), "max_grant_frames"));
	assert_non_null(strstr(xwl_channel_failure(-ENOSPC),
			       "gnttab_max_maptrack_frames"));
	assert_non_null(strstr(xwl_channel_failure(-EDQUOT), "max-memory"));
	assert_non_null(strstr(xwl_channel_failure(-EMLINK), "too many"));
	assert_null(xwl_channel_failure(-EPIPE));
}

static void guest_without_a_section_is_told_why(void **state)
{
	program_join();
	expect_end("xen-wayland.conf has no section for this guest");
}

static int setup_other(void **state)
{
	setup_with(OFFER, "[default]\ndisplay = comp\n[guest other]\n");
	await_log("service wayland offered");
	return 0;
}

static void domain_without_a_host_is_explained(void **state)
{
	halves_stop(&host, SIGTERM);
	program_join();
	expect_end("no xen-wayland host listens there");
	program_leave();
	/* a later host serves as soon as its status says nothing else */
	start_host("[default]\ndisplay = comp\n[guest " GUEST "]\n");
	await_status();
	program_join();
	assert_return_code(wl_display_roundtrip(display), 0);
}

static void service_that_is_not_allowed_is_tried_again(void **state)
{
	await_log("no section [service] that lets this user listen");
	expect_status(TROUBLE "xen-channeld.conf has no section [service] "
			      "that lets this user listen");
	program_join();
	expect_end(
		"the other domain's xen-channeld.conf does not allow the connection");
}

static int setup_denied(void **state)
{
	return setup_with("[use other]\npeer = " GUEST "\nuser = *\n",
			  "[default]\ndisplay = comp\n[guest " GUEST "]\n");
}

static void service_of_another_type_is_refused(void **state)
{
	program_join();
	expect_end("both domains' xen-channeld.conf need type = seqpacket");
}

static int setup_stream(void **state)
{
	setup_with("[service wayland]\nfrom = " GUEST "\nuser = *\n",
		   "[default]\ndisplay = comp\n[guest " GUEST "]\n");
	await_log("service wayland offered");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(program_is_shown_through_a_channel),
		TEST(program_that_cannot_be_shown_is_told_why),
		TEST(program_whose_buffer_cannot_be_sent_is_told_why),
		cmocka_unit_test(failures_of_channels_have_words),
		cmocka_unit_test_setup_teardown(
			guest_without_a_section_is_told_why, setup_other,
			teardown),
		TEST(domain_without_a_host_is_explained),
		cmocka_unit_test_setup_teardown(
			service_that_is_not_allowed_is_tried_again,
			setup_denied, teardown),
		cmocka_unit_test_setup_teardown(
			service_of_another_type_is_refused, setup_stream,
			teardown),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
