// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/client/events.h"
#include "host/client/globals.h"
#include "host/client/keymap.h"
#include "host/client/requests.h"
#include "host/clipboard/clipboard.h"
#include "host/policy/config.h"
#include "host/windows/colour.h"
#include "scene.h"

struct scene scene;

static void must(bool good)
{
	if (!good)
		abort();
}

/* ---- what the bridge sends ---- */

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *fmt, ...)
{
	size_t at = strlen(scene.sent);
	va_list args;

	va_start(args, fmt);
	vsnprintf(scene.sent + at, sizeof(scene.sent) - at, fmt, args);
	va_end(args);
}

static void note_file(int fd)
{
	struct stat st;

	must(!fstat(fd, &st));
	scene.file = st.st_ino;
	note("fd");
}

static void note_message(const struct xwl_objects *t, struct xwl_message *m)
{
	const struct xwl_object *o = xwl_objects_known(t, m->object);
	uint32_t words[XWL_MESSAGE_MAX / 4];
	unsigned int i;

	must(o && xwl_message_write(m, words, sizeof(words)) > 0);
	/* the display's own messages are about ids; the others must not be */
	note("%s.%s(", o->interface->name, m->table->name);
	for (i = 0; i < m->nr_args; i++) {
		const struct xwl_arg *a = &m->args[i];

		note("%s", i ? ", " : "");
		if (a->type == 's')
			note("\"%s\"", a->data ? (const char *)a->data : "");
		else if (a->type == 'h')
			note_file(a->fd);
		else
			note("%d", a->i);
	}
	note(")\n");
	xwl_message_close(m);
}

/* Sub-surfaces of this half's own, of frames, are not noted */
static void note_mode(const struct xwl_object *o, const struct xwl_message *m)
{
	size_t at = strlen(scene.modes);

	if (o->peer && (!strcmp(m->table->name, "set_sync") ||
			!strcmp(m->table->name, "set_desync")))
		snprintf(scene.modes + at, sizeof(scene.modes) - at, "%u %s\n",
			 o->peer, m->table->name);
}

/* A server refuses an id that would leave a gap */
static void check_new_id(const struct xwl_arg *a)
{
	must(a->u <= scene.highest + 1);
	if (a->u > scene.highest)
		scene.highest = a->u;
}

/* Whatever the guest has sent, a compositor finds no fault with this */
static void check_request(struct xwl_bridge *b, const struct xwl_message *m)
{
	const struct xwl_object *o =
		xwl_objects_find(&b->compositor, m->object);
	unsigned int i;

	must(o && xwl_message_since(m->table) <= o->version);
	must(m->opcode < o->interface->method_count &&
	     m->table == &o->interface->methods[m->opcode]);
	for (i = 0; i < m->nr_args; i++) {
		const struct xwl_arg *a = &m->args[i];

		if (a->type == 'n')
			check_new_id(a);
		if (a->type == 'h')
			must(a->fd >= 0);
		if (a->type == 's' && a->data)
			must(a->len <= 4000 && xwl_text_valid(a->data, true));
		if (a->type != 'o' || !a->u)
			continue;
		o = xwl_objects_find(&b->compositor, a->u);
		must(o && !strcmp(o->interface->name, a->interface->name));
	}
}

static int to_compositor(struct xwl_bridge *b, struct xwl_message *m)
{
	check_request(b, m);
	scene.nr_requests++;
	if (scene.closed) {
		xwl_message_close(m);
		return xdc_reason_set(&b->why, -32, "closed");
	}
	note_mode(xwl_objects_known(&b->compositor, m->object), m);
	note_message(&b->compositor, m);
	return 0;
}

static int to_guest(struct xwl_bridge *b, struct xwl_message *m)
{
	scene.nr_events++;
	note_message(&b->guest, m);
	return 0;
}

static int transfer(struct xwl_bridge *b, int from, int to)
{
	must(from >= 0 && to >= 0);
	close(from);
	close(to);
	if (scene.busy)
		return -EDQUOT;
	note("transfer\n");
	return 0;
}

static int await(struct xwl_bridge *b, int fd, const struct xwl_object *buffer)
{
	must(fd >= 0 && buffer == xwl_objects_find(&b->guest, buffer->id));
	scene.awaited = fd;
	return 0;
}

static void wake(struct xwl_bridge *b)
{
	scene.woken++;
}

static const struct xwl_bridge_ops ops = { to_compositor, to_guest, transfer,
					   await, wake };

void scene_forget(void)
{
	scene.sent[0] = '\0';
	scene.nr_requests = scene.nr_events = 0;
}

/* ---- what the two ends send ---- */

static void fill_args(struct xwl_message *m, const int64_t *numbers,
		      const char *text)
{
	static uint32_t element;
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		struct xwl_arg *a = &m->args[i];

		if (a->type == 's') {
			xwl_arg_text(a, text);
			text = "second";
		} else if (a->type == 'a') {
			/* of one number, or none */
			element = (uint32_t)*numbers++;
			a->data = &element;
			a->len = element ? sizeof(element) : 0;
		} else if (a->type != 'h') {
			a->u = (uint32_t)*numbers++;
		}
	}
}

int guest_record(const void *bytes, size_t len)
{
	struct xwl_record r;
	uint32_t count = 0;
	int err = xwl_record_parse(bytes, len, scene.fds.nr, &r,
				   &scene.bridge.why);

	if (!err)
		err = xwl_requests_take(&scene.bridge, &r, &scene.fds, &count);
	xwl_fds_drop(&scene.fds, scene.fds.nr);
	return err;
}

int guest_raw(const uint32_t *words, unsigned int nr)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_MESSAGES,
		.bytes = (const uint8_t *)words,
		.len = nr * 4,
	};

	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static int find_message(const struct wl_message *table, int nr,
			const char *name)
{
	int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(table[i].name, name))
			return i;
	fprintf(stderr, "no message %s\n", name);
	abort();
}

int guest_sends(uint32_t id, const char *request, const int64_t *numbers,
		const char *text)
{
	const struct xwl_object *o = xwl_objects_known(&scene.bridge.guest, id);
	uint32_t words[XWL_MESSAGE_MAX / 4];
	struct xwl_message m;
	ssize_t len;
	int i;

	must(o);
	i = find_message(o->interface->methods, o->interface->method_count,
			 request);
	xwl_message_begin(&o->interface->methods[i], id, (uint16_t)i, &m);
	fill_args(&m, numbers, text);
	len = xwl_message_write(&m, words, sizeof(words));
	must(len > 0);
	return guest_raw(words, (unsigned int)len / 4);
}

int compositor_says(uint32_t id, const char *event, const int64_t *numbers,
		    const char *text)
{
	const struct xwl_object *o =
		xwl_objects_known(&scene.bridge.compositor, id);
	uint32_t words[XWL_MESSAGE_MAX / 4];
	struct xwl_message m;
	struct xwl_header h;
	ssize_t len;
	int i, err;

	must(o);
	i = find_message(o->interface->events, o->interface->event_count,
			 event);
	xwl_message_begin(&o->interface->events[i], id, (uint16_t)i, &m);
	fill_args(&m, numbers, text);
	len = xwl_message_write(&m, words, sizeof(words));
	must(len > 0 && !xwl_header_read(words, (size_t)len, &h));
	err = xwl_events_take(&scene.bridge, &h, (uint8_t *)words, &scene.fds);
	xwl_fds_drop(&scene.fds, scene.fds.nr);
	return err;
}

uint32_t compositor_id(uint32_t id)
{
	const struct xwl_object *o = xwl_objects_known(&scene.bridge.guest, id);

	must(o);
	return o->peer;
}

int compositor_sends(uint32_t id, const char *event, const int64_t *numbers,
		     const char *text)
{
	return compositor_says(compositor_id(id), event, numbers, text);
}

/* ---- the objects ---- */

static const struct {
	const char *interface;
	uint32_t name, version, id; /* id 0: not bound */
} globals[] = {
	{ "wl_compositor", GLOBAL_COMPOSITOR, COMPOSITOR_VERSION, COMPOSITOR },
	{ "wl_subcompositor", 2, 1, SUBCOMPOSITOR },
	{ "wl_shm", 3, 1, SHM },
	{ "wl_seat", 4, 5, SEAT },
	{ "xdg_wm_base", 5, 3, WM_BASE },
	{ "wp_viewporter", 6, 1, VIEWPORTER },
	{ "zwp_linux_dmabuf_v1", 7, 5, DMABUF },
	{ "zwp_text_input_manager_v3", 8, 1, TEXT_INPUTS },
	{ "zxdg_decoration_manager_v1", 9, 1, DECORATIONS },
	{ "wl_output", 10, 4, OUTPUT },
	{ "wl_data_device_manager", 11, 3, 0 },
	{ "zwp_primary_selection_device_manager_v1", 12, 1, 0 },
	{ "zwlr_screencopy_manager_v1", GLOBAL_HIDDEN, 3, 0 },
	{ "zwp_pointer_constraints_v1", GLOBAL_POLICY, 1, 0 },
};

#define NR_GLOBALS (sizeof(globals) / sizeof(globals[0]))

static void tell_globals(uint32_t registry)
{
	size_t i;

	for (i = 0; i < NR_GLOBALS; i++)
		must(!compositor_says(registry, "global",
				      NUMBERS(globals[i].name,
					      globals[i].version),
				      globals[i].interface));
}

static void bind_globals(void)
{
	size_t i;

	for (i = 0; i < NR_GLOBALS; i++) {
		uint32_t version = globals[i].version;

		if (globals[i].id == DMABUF)
			version = 3;
		if (globals[i].id)
			must(!guest_sends(REGISTRY, "bind",
					  NUMBERS(globals[i].name, version,
						  globals[i].id),
					  globals[i].interface));
	}
}

static void make_buffer(void)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { .id = BUFFER,
			    .flags = XWL_BUFFER_INLINE,
			    .width = 8,
			    .height = 8,
			    .stride = 32 },
	};

	must(!guest_record(bytes, xwl_record_write(&r, bytes)));
}

static void make_objects(void)
{
	must(!guest_sends(COMPOSITOR, "create_surface", NUMBERS(SURFACE),
			  NULL));
	must(!guest_sends(WM_BASE, "get_xdg_surface",
			  NUMBERS(XDG_SURFACE, SURFACE), NULL));
	must(!guest_sends(XDG_SURFACE, "get_toplevel", NUMBERS(TOPLEVEL),
			  NULL));
	must(!guest_sends(VIEWPORTER, "get_viewport",
			  NUMBERS(VIEWPORT, SURFACE), NULL));
	must(!guest_sends(COMPOSITOR, "create_surface", NUMBERS(SURFACE2),
			  NULL));
	must(!guest_sends(COMPOSITOR, "create_region", NUMBERS(REGION), NULL));
	must(!guest_sends(WM_BASE, "create_positioner", NUMBERS(POSITIONER),
			  NULL));
	must(!guest_sends(SEAT, "get_pointer", NUMBERS(POINTER), NULL));
	make_buffer();
	must(!guest_sends(DMABUF, "create_params", NUMBERS(PARAMS), NULL));
	must(!guest_sends(TEXT_INPUTS, "get_text_input",
			  NUMBERS(TEXT_INPUT, SEAT), NULL));
	must(!guest_sends(DECORATIONS, "get_toplevel_decoration",
			  NUMBERS(DECORATION, TOPLEVEL), NULL));
	must(!guest_sends(COMPOSITOR, "create_region", NUMBERS(GONE), NULL));
	must(!guest_sends(GONE, "destroy", NUMBERS(0), NULL));
	must(!guest_sends(SURFACE, "frame", NUMBERS(CALLBACK), NULL));
}

static void make_clipboard(void)
{
	must(!guest_sends(REGISTRY, "bind", NUMBERS(11, 3, DATA_MANAGER),
			  "wl_data_device_manager"));
	must(!guest_sends(REGISTRY, "bind", NUMBERS(12, 1, PRIMARY_MANAGER),
			  "zwp_primary_selection_device_manager_v1"));
	must(!guest_sends(SEAT, "get_keyboard", NUMBERS(KEYBOARD), NULL));
	must(!guest_sends(DATA_MANAGER, "get_data_device",
			  NUMBERS(DATA_DEVICE, SEAT), NULL));
	must(!guest_sends(PRIMARY_MANAGER, "get_device",
			  NUMBERS(PRIMARY_DEVICE, SEAT), NULL));
	must(!guest_sends(DATA_MANAGER, "create_data_source",
			  NUMBERS(DATA_SOURCE), NULL));
}

int make_tree(unsigned int depth, bool up)
{
	unsigned int i, n;
	int err = 0;

	for (i = 0; i <= depth; i++)
		must(!guest_sends(COMPOSITOR, "create_surface",
				  NUMBERS(100 + i), NULL));
	for (i = 0; i < depth && !err; i++) {
		n = up ? depth - 1 - i : i;
		err = guest_sends(SUBCOMPOSITOR, "get_subsurface",
				  NUMBERS(200 + n, 101 + n, 100 + n), NULL);
	}
	return err;
}

void scene_begin(void)
{
	struct xwl_bridge *b = &scene.bridge;

	if (!scene.policy.max[XWL_OBJECTS])
		xwl_config_defaults(&scene.policy);
	strcpy(scene.policy.guest, "work");
	scene.account.policy = &scene.policy;
	scene.highest = XWL_DISPLAY;
	must(!xwl_bridge_init(b, &scene.policy, &scene.account, &ops));
	must(!xwl_globals_start(b));
	tell_globals(b->registry->id);
	must(!b->ready);
	must(!compositor_says(b->first_sync->id, "done", NUMBERS(0), NULL));
	must(b->ready && b->shm);
	must(!guest_sends(XWL_DISPLAY, "get_registry", NUMBERS(REGISTRY),
			  NULL));
	tell_globals(compositor_id(REGISTRY));
	bind_globals();
	make_objects();
	if (scene.policy.clipboard)
		make_clipboard();
	scene_forget();
}

void scene_end(void)
{
	unsigned int i;

	xwl_clipboard_fini(&scene.bridge);
	xwl_colour_fini(&scene.bridge);
	xwl_keymap_fini(&scene.bridge);
	xwl_bridge_fini(&scene.bridge);
	xwl_fds_drop(&scene.fds, scene.fds.nr);
	/* whatever has happened, a program that is gone costs nothing */
	for (i = 0; i < XWL_LIMITS; i++)
		must(!scene.account.used[i]);
	memset(&scene, 0, sizeof(scene));
}

int scene_setup(void **state)
{
	scene_begin();
	return 0;
}

int scene_teardown(void **state)
{
	scene_end();
	return 0;
}
