// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server.h>

#include "compositor.h"

struct seen *seen;

/* What a surface is about to show, and whom it tells; of one client at a time */
static struct wl_resource *attached, *callbacks[64];
static unsigned int nr_callbacks;

uint64_t hash_pixels(const void *pixels, int32_t width, int32_t height,
		     int32_t stride)
{
	uint64_t hash = 14695981039346656037ULL;
	const uint32_t *row;
	int32_t x, y;

	for (y = 0; y < height; y++) {
		row = (const uint32_t *)((const char *)pixels +
					 (size_t)y * (size_t)stride);
		for (x = 0; x < width; x++)
			hash = (hash ^ row[x]) * 1099511628211ULL;
	}
	return hash;
}

static void show(struct wl_resource *buffer)
{
	struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer);

	if (!shm)
		return;
	wl_shm_buffer_begin_access(shm);
	seen->width = wl_shm_buffer_get_width(shm);
	seen->height = wl_shm_buffer_get_height(shm);
	seen->pixels = hash_pixels(wl_shm_buffer_get_data(shm), seen->width,
				   seen->height, wl_shm_buffer_get_stride(shm));
	wl_shm_buffer_end_access(shm);
	wl_buffer_send_release(buffer);
}

static void commit(void)
{
	unsigned int i;

	if (attached)
		show(attached);
	attached = NULL;
	seen->commits++;
	for (i = 0; i < nr_callbacks; i++) {
		wl_callback_send_done(callbacks[i], 1);
		wl_resource_destroy(callbacks[i]);
	}
	nr_callbacks = 0;
}

static void send_keymap(struct wl_resource *r)
{
	int fd = memfd_create("keymap", MFD_CLOEXEC);

	if (write(fd, KEYMAP, sizeof(KEYMAP)) != (ssize_t)sizeof(KEYMAP))
		abort();
	wl_keyboard_send_keymap(r, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd,
				sizeof(KEYMAP));
	close(fd);
}

static int dispatch(const void *data, void *target, uint32_t opcode,
		    const struct wl_message *m, union wl_argument *args);

static void forget(struct wl_resource *r);

static struct wl_resource *make(struct wl_client *client,
				const struct wl_interface *interface,
				int version, uint32_t id)
{
	struct wl_resource *r =
		wl_resource_create(client, interface, version, id);

	if (!r)
		abort();
	wl_resource_set_dispatcher(r, dispatch, NULL, NULL, forget);
	return r;
}

/* Objects that the request makes; the last of them */
static struct wl_resource *make_objects(struct wl_resource *r,
					const struct wl_message *m,
					union wl_argument *args)
{
	struct wl_resource *made = NULL;
	const char *p = m->signature;
	unsigned int i = 0;

	for (; *p; p++) {
		if (!strchr("iufsonah", *p))
			continue;
		if (*p == 'n')
			made = make(wl_resource_get_client(r), m->types[i],
				    wl_resource_get_version(r), args[i].n);
		i++;
	}
	return made;
}

/* ---- security contexts: the clients that connect to a socket of a guest's ---- */

static int context_socket = -1;

static int accept_sandboxed(int fd, uint32_t mask, void *display)
{
	int client = accept(fd, NULL, NULL);

	if (client < 0 || !wl_client_create(display, client))
		abort();
	seen->sandboxed++;
	return 0;
}

static void commit_context(struct wl_resource *r)
{
	struct wl_display *display =
		wl_client_get_display(wl_resource_get_client(r));

	wl_event_loop_add_fd(wl_display_get_event_loop(display), context_socket,
			     WL_EVENT_READABLE, accept_sandboxed, display);
}

/* ---- the clipboard: something is in it, and what clients copy is read ---- */

/* of one client at a time */
static struct wl_resource *keyboard, *data_device;
/* what can be pasted; NULL: what is not of these clients */
static struct wl_resource *copied;
static char copied_types[8][64]; /* of the source that was made last */
static unsigned int nr_types;

static void forget(struct wl_resource *r)
{
	if (r == keyboard)
		keyboard = NULL;
	if (r == data_device)
		data_device = NULL;
	if (r == copied)
		copied = NULL;
}

static int read_pasted(int fd, uint32_t mask, void *source)
{
	size_t at = strlen(seen->pasted);
	ssize_t n = read(fd, seen->pasted + at, sizeof(seen->pasted) - 1 - at);

	if (n > 0)
		return 0;
	wl_event_source_remove(*(struct wl_event_source **)source);
	close(fd);
	return 0;
}

static void paste(struct wl_resource *source)
{
	static struct wl_event_source *reader;
	struct wl_display *display =
		wl_client_get_display(wl_resource_get_client(source));
	int ends[2];

	if (pipe(ends))
		abort();
	memset(seen->pasted, 0, sizeof(seen->pasted));
	wl_data_source_send_send(source, "text/plain", ends[1]);
	close(ends[1]);
	reader = wl_event_loop_add_fd(wl_display_get_event_loop(display),
				      ends[0], WL_EVENT_READABLE, read_pasted,
				      &reader);
}

static void offer_clipboard(struct wl_client *client)
{
	struct wl_resource *offer =
		make(client, &wl_data_offer_interface, 3, 0);

	wl_data_device_send_data_offer(data_device, offer);
	wl_data_offer_send_offer(offer, "text/plain");
	wl_data_offer_send_offer(offer, "image/png");
	wl_data_device_send_selection(data_device, offer);
}

/* As compositors do it: the client that copies has the focus, and is told at once */
static void return_copied(struct wl_resource *device)
{
	struct wl_resource *offer = make(wl_resource_get_client(device),
					 &wl_data_offer_interface, 3, 0);
	unsigned int i;

	wl_data_device_send_data_offer(device, offer);
	for (i = 0; i < nr_types; i++)
		wl_data_offer_send_offer(offer, copied_types[i]);
	wl_data_device_send_selection(device, offer);
}

static void set_selection(struct wl_resource *device,
			  struct wl_resource *source)
{
	if (copied && copied != source)
		wl_data_source_send_cancelled(copied);
	copied = source;
	paste(source);
	return_copied(device);
}

static int others_copy(int signal, void *data)
{
	if (copied)
		wl_data_source_send_cancelled(copied);
	copied = NULL;
	if (data_device)
		offer_clipboard(wl_resource_get_client(data_device));
	return 0;
}

static void add_type(const char *type)
{
	if (nr_types < 8)
		snprintf(copied_types[nr_types++], sizeof(copied_types[0]),
			 "%s", type);
}

/* The first window that is shown gets the focus */
static void give_focus(struct wl_resource *surface)
{
	struct wl_array keys;

	if (!keyboard)
		return;
	wl_array_init(&keys);
	wl_keyboard_send_enter(keyboard, 1, surface, &keys);
	keyboard = NULL;
	if (data_device)
		offer_clipboard(wl_resource_get_client(surface));
}

static void write_clipboard(int fd)
{
	if (write(fd, CLIPBOARD, strlen(CLIPBOARD)) < 0)
		abort();
	close(fd);
}

static void note_clipboard(const char *name, struct wl_resource *made,
			   struct wl_resource *r, union wl_argument *args)
{
	if (!strcmp(name, "wl_seat.get_keyboard"))
		keyboard = made;
	else if (!strcmp(name, "wl_data_device_manager.get_data_device"))
		data_device = made;
	else if (!strcmp(name, "wl_surface.commit"))
		give_focus(r);
	else if (!strcmp(name, "wl_data_offer.receive"))
		write_clipboard(args[1].h);
	else if (!strcmp(name, "wl_data_device.set_selection"))
		set_selection(r, (struct wl_resource *)args[0].o);
	else if (!strcmp(name, "wl_data_device_manager.create_data_source"))
		nr_types = 0;
	else if (!strcmp(name, "wl_data_source.offer"))
		add_type(args[0].s);
}

static void note_request(const char *name, struct wl_resource *made,
			 struct wl_resource *r, union wl_argument *args)
{
	if (!strcmp(name, "wl_surface.attach"))
		attached = (struct wl_resource *)args[0].o;
	else if (!strcmp(name, "wl_surface.commit"))
		commit();
	else if (!strcmp(name, "wl_surface.frame") && nr_callbacks < 64)
		callbacks[nr_callbacks++] = made;
	else if (!strcmp(name, "xdg_toplevel.set_title"))
		snprintf(seen->title, sizeof(seen->title), "%s", args[0].s);
	else if (!strcmp(name, "xdg_toplevel.set_app_id"))
		snprintf(seen->app_id, sizeof(seen->app_id), "%s", args[0].s);
	else if (!strcmp(name,
			 "wp_security_context_manager_v1.create_listener"))
		context_socket = dup(args[1].h);
	else if (!strcmp(name, "wp_security_context_v1.set_sandbox_engine"))
		snprintf(seen->engine, sizeof(seen->engine), "%s", args[0].s);
	else if (!strcmp(name, "wp_security_context_v1.set_app_id"))
		snprintf(seen->sandboxed_as, sizeof(seen->sandboxed_as), "%s",
			 args[0].s);
	else if (!strcmp(name, "wp_security_context_v1.commit"))
		commit_context(r);
	else if (!strcmp(name, "wl_seat.get_keyboard"))
		send_keymap(made);
	else if (!strcmp(name, "xdg_surface.get_toplevel"))
		wl_resource_post_event(r, 0, 7); /* configure */
}

static int dispatch(const void *data, void *target, uint32_t opcode,
		    const struct wl_message *m, union wl_argument *args)
{
	struct wl_resource *r = target, *made = make_objects(r, m, args);
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", wl_resource_get_class(r),
		 m->name);
	note_request(name, made, r, args);
	note_clipboard(name, made, r, args);
	if (!strcmp(m->name, "destroy") || !strcmp(m->name, "release"))
		wl_resource_destroy(r);
	return 0;
}

static void bind_global(struct wl_client *client, void *data, uint32_t version,
			uint32_t id)
{
	make(client, data, (int)version, id);
}

static void client_added(struct wl_listener *l, void *data)
{
	seen->clients++;
	nr_callbacks = 0;
	attached = keyboard = data_device = NULL;
}

extern const struct wl_interface xdg_wm_base_interface;
extern const struct wl_interface zwp_linux_dmabuf_v1_interface;
/* NULL: wayland-protocols did not have it when this was built */
extern const struct wl_interface wp_security_context_manager_v1_interface
	__attribute__((weak));

bool compositor_has_contexts(void)
{
	const struct wl_interface *manager =
		&wp_security_context_manager_v1_interface;

	return manager;
}

static void run(const char *name, int ready)
{
	static const struct {
		const struct wl_interface *interface;
		int version;
	} globals[] = {
		{ &wl_compositor_interface, 4 },
		{ &wl_subcompositor_interface, 1 },
		{ &wl_seat_interface, 5 },
		{ &wl_output_interface, 3 },
		{ &xdg_wm_base_interface, 3 },
		{ &zwp_linux_dmabuf_v1_interface, 4 },
		/* which a guest must not see */
		{ &wl_shell_interface, 1 },
		{ &wl_data_device_manager_interface, 3 },
		{ &wp_security_context_manager_v1_interface, 1 },
	};
	static struct wl_listener added = { .notify = client_added };
	struct wl_display *display = wl_display_create();
	size_t i;

	if (!display || wl_display_add_socket(display, name) ||
	    wl_display_init_shm(display))
		_exit(1);
	for (i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		if (globals[i].interface)
			wl_global_create(display, globals[i].interface,
					 globals[i].version,
					 (void *)globals[i].interface,
					 bind_global);
	wl_event_loop_add_signal(wl_display_get_event_loop(display), SIGUSR1,
				 others_copy, NULL);
	wl_display_add_client_created_listener(display, &added);
	if (write(ready, "", 1) != 1)
		_exit(1);
	wl_display_run(display);
	_exit(0);
}

pid_t compositor_start(const char *name)
{
	char byte;
	int ready[2];
	pid_t pid;

	if (!seen)
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(seen, 0, sizeof(*seen));
	if (pipe(ready))
		abort();
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(name, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

void compositor_copy(pid_t pid)
{
	kill(pid, SIGUSR1);
}

void compositor_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
