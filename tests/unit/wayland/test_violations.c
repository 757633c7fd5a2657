// SPDX-License-Identifier: GPL-2.0-only
/* What a hostile guest may send: each is refused with a reason, and nothing of it
 * reaches the compositor. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "scene.h"

#define MIN INT32_MIN
#define MAX INT32_MAX
#define N(...) { __VA_ARGS__ }

/* Requests by name */
static const struct {
	const char *what;
	uint32_t id;
	const char *request;
	int64_t numbers[8];
	const char *text;
	int err;
} requests[] = {
	/* ids that a request names */
	{ "unknown buffer", SURFACE, "attach", N(4000, 0, 0), 0, -EPROTO },
	{ "destroyed region", SURFACE, "set_input_region", N(GONE), 0,
	  -EPROTO },
	{ "surface as a buffer", SURFACE, "attach", N(SURFACE2, 0, 0), 0,
	  -EPROTO },
	{ "region as a surface", WM_BASE, "get_xdg_surface", N(FREE_ID, REGION),
	  0, -EPROTO },
	{ "pointer as a seat", TOPLEVEL, "move", N(POINTER, 1), 0, -EPROTO },
	{ "id of the compositor's range", SURFACE, "attach",
	  N(0xff000000, 0, 0), 0, -EPROTO },
	{ "largest id", SURFACE, "attach", N(0xffffffff, 0, 0), 0, -EPROTO },
	{ "display as a surface", SUBCOMPOSITOR, "get_subsurface",
	  N(FREE_ID, 1, SURFACE), 0, -EPROTO },
	{ "callback as a buffer", SURFACE, "attach", N(CALLBACK, 0, 0), 0,
	  -EPROTO },
	{ "xdg_surface as a parent", TOPLEVEL, "set_parent", N(XDG_SURFACE), 0,
	  -EPROTO },
	{ "surface as an output", TOPLEVEL, "set_fullscreen", N(SURFACE), 0,
	  -EPROTO },
	{ "toplevel as a positioner", XDG_SURFACE, "get_popup",
	  N(FREE_ID, XDG_SURFACE, TOPLEVEL), 0, -EPROTO },
	{ "viewport as a surface", VIEWPORTER, "get_viewport",
	  N(FREE_ID, VIEWPORT), 0, -EPROTO },
	{ "seat that is a surface", TEXT_INPUTS, "get_text_input",
	  N(FREE_ID, SURFACE), 0, -EPROTO },
	{ "decoration of a surface", DECORATIONS, "get_toplevel_decoration",
	  N(FREE_ID, SURFACE), 0, -EPROTO },
	{ "cursor that is a buffer", POINTER, "set_cursor", N(1, BUFFER, 0, 0),
	  0, -EPROTO },

	/* ids that a request brings */
	{ "new id in use", COMPOSITOR, "create_surface", N(SURFACE), 0,
	  -EPROTO },
	{ "new id of the display", COMPOSITOR, "create_surface", N(1), 0,
	  -EPROTO },
	{ "new id that is destroyed, but not free", COMPOSITOR, "create_region",
	  N(GONE), 0, -EPROTO },
	{ "new id out of range", COMPOSITOR, "create_surface", N(XWL_IDS_MAX),
	  0, -EPROTO },
	{ "new id of the compositor", COMPOSITOR, "create_surface",
	  N(XWL_SERVER_IDS), 0, -EPROTO },
	{ "largest new id", COMPOSITOR, "create_surface", N(0xffffffff), 0,
	  -EPROTO },
	{ "new id of the request's own object", SURFACE, "frame", N(SURFACE), 0,
	  -EPROTO },
	{ "new id that the request also names", WM_BASE, "get_xdg_surface",
	  N(SURFACE2, SURFACE2), 0, -EPROTO },
	{ "sync with an id in use", XWL_DISPLAY, "sync", N(REGISTRY), 0,
	  -EPROTO },
	{ "registry with an id in use", XWL_DISPLAY, "get_registry",
	  N(REGISTRY), 0, -EPROTO },

	/* objects that are gone */
	{ "request for a destroyed region", GONE, "add", N(0, 0, 1, 1), 0,
	  -EPROTO },
	{ "destroying twice", GONE, "destroy", N(0), 0, -EPROTO },

	/* versions */
	{ "offset, of wl_surface 5, in version 4", SURFACE, "offset", N(1, 1),
	  0, -EPROTO },

	/* globals */
	{ "bind of a hidden global", REGISTRY, "bind",
	  N(GLOBAL_HIDDEN, 1, FREE_ID), "zwlr_screencopy_manager_v1", -EPROTO },
	{ "bind of a global that the policy hides", REGISTRY, "bind",
	  N(GLOBAL_POLICY, 1, FREE_ID), "zwp_pointer_constraints_v1", -EPROTO },
	{ "bind of a global that does not exist", REGISTRY, "bind",
	  N(4000, 1, FREE_ID), "wl_compositor", -EPROTO },
	{ "bind of global 0", REGISTRY, "bind", N(0, 1, FREE_ID),
	  "wl_compositor", -EPROTO },
	{ "bind as another interface", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "wl_shm", -EPROTO },
	{ "bind as a hidden interface", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "zwlr_screencopy_manager_v1",
	  -EPROTO },
	{ "bind of an interface without a name", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "", -EPROTO },
	{ "bind of version 0", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 0, FREE_ID), "wl_compositor", -EPROTO },
	{ "bind over the compositor's version", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, COMPOSITOR_VERSION + 1, FREE_ID),
	  "wl_compositor", -EPROTO },
	{ "bind over the version that is let through", REGISTRY, "bind",
	  N(7, 4, FREE_ID), "zwp_linux_dmabuf_v1", -EPROTO },
	{ "bind of the largest version", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 0xffffffff, FREE_ID), "wl_compositor", -EPROTO },
	{ "bind with an id in use", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, SURFACE), "wl_compositor", -EPROTO },

	/* numbers */
	{ "scale 0", SURFACE, "set_buffer_scale", N(0), 0, -ERANGE },
	{ "scale -1", SURFACE, "set_buffer_scale", N(-1), 0, -ERANGE },
	{ "scale 17", SURFACE, "set_buffer_scale", N(17), 0, -ERANGE },
	{ "transform 8", SURFACE, "set_buffer_transform", N(8), 0, -ERANGE },
	{ "transform -1", SURFACE, "set_buffer_transform", N(-1), 0, -ERANGE },
	{ "attach far to the right", SURFACE, "attach", N(BUFFER, 65536, 0), 0,
	  -ERANGE },
	{ "attach far above", SURFACE, "attach", N(BUFFER, 0, MIN), 0,
	  -ERANGE },
	{ "damage of negative width", SURFACE, "damage", N(0, 0, -1, 1), 0,
	  -ERANGE },
	{ "damage of negative height", SURFACE, "damage_buffer",
	  N(0, 0, 1, MIN), 0, -ERANGE },
	{ "region of negative width", REGION, "add", N(0, 0, MIN, 1), 0,
	  -ERANGE },
	{ "region of negative height", REGION, "subtract", N(0, 0, 1, -1), 0,
	  -ERANGE },
	{ "positioner without width", POSITIONER, "set_size", N(0, 1), 0,
	  -ERANGE },
	{ "positioner of huge height", POSITIONER, "set_size", N(1, MAX), 0,
	  -ERANGE },
	{ "anchor of negative size", POSITIONER, "set_anchor_rect",
	  N(0, 0, -1, 1), 0, -ERANGE },
	{ "anchor far away", POSITIONER, "set_anchor_rect", N(MIN, 0, 1, 1), 0,
	  -ERANGE },
	{ "anchor 9", POSITIONER, "set_anchor", N(9), 0, -ERANGE },
	{ "gravity 9", POSITIONER, "set_gravity", N(9), 0, -ERANGE },
	{ "unknown constraint", POSITIONER, "set_constraint_adjustment", N(64),
	  0, -ERANGE },
	{ "offset of a popup far away", POSITIONER, "set_offset", N(0, MAX), 0,
	  -ERANGE },
	{ "parent of negative size", POSITIONER, "set_parent_size", N(-1, 1), 0,
	  -ERANGE },
	{ "window without width", XDG_SURFACE, "set_window_geometry",
	  N(0, 0, 0, 1), 0, -ERANGE },
	{ "window of negative height", XDG_SURFACE, "set_window_geometry",
	  N(0, 0, 1, -1), 0, -ERANGE },
	{ "window of huge width", XDG_SURFACE, "set_window_geometry",
	  N(0, 0, MAX, 1), 0, -ERANGE },
	{ "resize by no edge that exists", TOPLEVEL, "resize", N(SEAT, 1, 3), 0,
	  -ERANGE },
	{ "resize by edge 32", TOPLEVEL, "resize", N(SEAT, 1, 32), 0, -ERANGE },
	{ "largest size of negative width", TOPLEVEL, "set_max_size", N(-1, 1),
	  0, -ERANGE },
	{ "smallest size of negative height", TOPLEVEL, "set_min_size",
	  N(1, -1), 0, -ERANGE },
	{ "smallest size that is huge", TOPLEVEL, "set_min_size", N(MAX, 1), 0,
	  -ERANGE },
	{ "menu far away", TOPLEVEL, "show_window_menu", N(SEAT, 1, MAX, 0), 0,
	  -ERANGE },
	{ "viewport's source half unset", VIEWPORT, "set_source",
	  N(-256, 0, 256, 256), 0, -ERANGE },
	{ "viewport's source without width", VIEWPORT, "set_source",
	  N(0, 0, 0, 256), 0, -ERANGE },
	{ "viewport's source left of the buffer", VIEWPORT, "set_source",
	  N(-1, 0, 256, 256), 0, -ERANGE },
	{ "viewport without width", VIEWPORT, "set_destination", N(0, 1), 0,
	  -ERANGE },
	{ "viewport half unset", VIEWPORT, "set_destination", N(-1, 1), 0,
	  -ERANGE },
	{ "viewport of huge height", VIEWPORT, "set_destination", N(1, MAX), 0,
	  -ERANGE },
	{ "decoration mode 0", DECORATION, "set_mode", N(0), 0, -ERANGE },
	{ "decoration mode 3", DECORATION, "set_mode", N(3), 0, -ERANGE },
	{ "hotspot far away", POINTER, "set_cursor", N(1, SURFACE2, MAX, 0), 0,
	  -ERANGE },
	{ "dma-buf without width", PARAMS, "create", N(0, 1, 0, 0), 0,
	  -ERANGE },
	{ "dma-buf of negative height", PARAMS, "create", N(1, -1, 0, 0), 0,
	  -ERANGE },
	{ "dma-buf with unknown flags", PARAMS, "create", N(1, 1, 0, 8), 0,
	  -ERANGE },
	{ "dma-buf at once, of huge width", PARAMS, "create_immed",
	  N(FREE_ID, MAX, 1, 0, 0), 0, -ERANGE },
	{ "unknown hint of content", TEXT_INPUT, "set_content_type",
	  N(0x400, 0), 0, -ERANGE },
	{ "purpose 14 of content", TEXT_INPUT, "set_content_type", N(0, 14), 0,
	  -ERANGE },
	{ "cause 2 of a change", TEXT_INPUT, "set_text_change_cause", N(2), 0,
	  -ERANGE },
	{ "cursor before the text", TEXT_INPUT, "set_surrounding_text",
	  N(-1, 0), "text", -ERANGE },
	{ "anchor far behind the text", TEXT_INPUT, "set_surrounding_text",
	  N(0, MAX), "text", -ERANGE },
	{ "cursor of negative width", TEXT_INPUT, "set_cursor_rectangle",
	  N(0, 0, -1, 1), 0, -ERANGE },

	/* texts */
	{ "name that is no UTF-8", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "\xff", -EILSEQ },
	{ "name with an escape", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "\x1b[2J", -EILSEQ },
	{ "name cut off inside a character", REGISTRY, "bind",
	  N(GLOBAL_COMPOSITOR, 1, FREE_ID), "\xe2\x82", -EILSEQ },

	/* sub-surfaces */
	{ "sub-surface of itself", SUBCOMPOSITOR, "get_subsurface",
	  N(FREE_ID, SURFACE, SURFACE), 0, -EPROTO },
	{ "sub-surface of nothing that exists", SUBCOMPOSITOR, "get_subsurface",
	  N(FREE_ID, SURFACE, 4000), 0, -EPROTO },
	{ "dead surface as a sub-surface", SUBCOMPOSITOR, "get_subsurface",
	  N(FREE_ID, GONE, SURFACE), 0, -EPROTO },
};

#define NR_REQUESTS (sizeof(requests) / sizeof(requests[0]))

static void check_refused(const char *what, int got, int err)
{
	if (got != err)
		fail_msg("%s: %d instead of %d (%s)", what, got, err,
			 scene.bridge.why.text);
	if (strlen(scene.bridge.why.text) < 5)
		fail_msg("%s: no reason", what);
	if (scene.nr_requests)
		fail_msg("%s: the compositor was sent %s", what, scene.sent);
}

static void requests_of_the_table(void **state)
{
	size_t i;

	for (i = 0; i < NR_REQUESTS; i++) {
		scene_begin();
		check_refused(requests[i].what,
			      guest_sends(requests[i].id, requests[i].request,
					  requests[i].numbers,
					  requests[i].text),
			      requests[i].err);
		scene_end();
	}
	assert_true(NR_REQUESTS >= 90);
}

/* Messages that no table describes */
static const struct {
	const char *what;
	uint32_t words[6];
	unsigned int nr;
} raw[] = {
	{ "object 0", N(0, 8 << 16), 2 },
	{ "unknown object", N(4000, 8 << 16), 2 },
	{ "object of the compositor's range", N(0xff000000, 8 << 16), 2 },
	{ "unknown request of the display", N(1, 8 << 16 | 2), 2 },
	{ "largest opcode", N(SURFACE, 8 << 16 | 0xffff), 2 },
	{ "request for an object without requests", N(CALLBACK, 8 << 16), 2 },
	{ "size 0", N(SURFACE, 6), 2 },
	{ "size 4", N(SURFACE, 4 << 16 | 6), 2 },
	{ "size that is no multiple of 4", N(SURFACE, 10 << 16 | 6, 0), 3 },
	{ "size over the record's", N(SURFACE, 12 << 16 | 6), 2 },
	{ "size over the limit", N(SURFACE, 4100 << 16 | 6), 2 },
	{ "commit with an argument", N(SURFACE, 12 << 16 | 6, 1), 3 },
	{ "frame without its argument", N(SURFACE, 8 << 16 | 3), 2 },
	{ "frame with the new id 0", N(SURFACE, 12 << 16 | 3, 0), 3 },
	{ "half a header behind a message", N(SURFACE, 8 << 16 | 6, SURFACE),
	  3 },
	{ "title longer than its message",
	  N(TOPLEVEL, 16 << 16 | 2, 400, 0x41414141), 4 },
	{ "title without an end", N(TOPLEVEL, 16 << 16 | 2, 4, 0x41414141), 4 },
	{ "title with an end inside", N(TOPLEVEL, 16 << 16 | 2, 4, 0x00410041),
	  4 },
	{ "title of no bytes", N(TOPLEVEL, 12 << 16 | 2, 0), 3 },
	{ "title of 4 GiB", N(TOPLEVEL, 16 << 16 | 2, 0xffffffff, 0), 4 },
	{ "sub-surface 0 of a surface",
	  N(SUBCOMPOSITOR, 20 << 16 | 1, FREE_ID, 0, SURFACE), 5 },
	{ "pool of wl_shm without a descriptor",
	  N(SHM, 16 << 16, FREE_ID, 4096), 4 },
	{ "plane without a descriptor", N(PARAMS, 28 << 16 | 1, 0, 0, 0, 0),
	  6 },
};

static void messages_that_no_table_describes(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		int err;

		scene_begin();
		err = guest_raw(raw[i].words, raw[i].nr);
		if (err == -EBADF) /* no descriptor */
			err = -EPROTO;
		if (!strcmp(raw[i].what, "half a header behind a message"))
			scene.nr_requests--; /* the message was valid */
		check_refused(raw[i].what, err, -EPROTO);
		scene_end();
	}
}

static void push_file(int fd)
{
	assert_true(fd >= 0);
	assert_int_equal(xwl_fds_push(&scene.fds, fd), 0);
}

static void pool_of_the_guests_own(void **state)
{
	push_file(memfd_create("pool", MFD_CLOEXEC));
	check_refused("pool of wl_shm",
		      guest_sends(SHM, "create_pool", NUMBERS(FREE_ID, 4096),
				  NULL),
		      -EPROTO);
}

static void plane_that_is_no_dmabuf(void **state)
{
	push_file(memfd_create("plane", MFD_CLOEXEC));
	check_refused("memfd as a plane",
		      guest_sends(PARAMS, "add", NUMBERS(0, 0, 32, 0, 0), NULL),
		      -EPROTO);
}

static void plane_5_of_a_buffer(void **state)
{
	push_file(memfd_create("plane", MFD_CLOEXEC));
	check_refused("plane 4",
		      guest_sends(PARAMS, "add", NUMBERS(4, 0, 32, 0, 0), NULL),
		      -ERANGE);
}

static void descriptor_of_no_message(void **state)
{
	push_file(memfd_create("x", MFD_CLOEXEC));
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL),
			 -EPROTO);
	assert_non_null(strstr(scene.bridge.why.text, "descriptor"));
}

static int send_buffer(uint32_t id, uint32_t flags, uint32_t offset,
		       int32_t width, int32_t height, int32_t stride)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { id, flags, offset, width, height, stride, 0 },
	};

	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static int make_memory(off_t size, int seals)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Compositors read whole rows of pixels, whatever the stride is */
static void pixels_that_are_not_in_the_memory(void **state)
{
	static const struct xwl_buffer_record buffers[] = {
		/* rows shorter than their pixels */
		{ .stride = 16, .format = WL_SHM_FORMAT_XRGB8888 },
		{ .stride = 31, .format = WL_SHM_FORMAT_ARGB8888 },
		{ .stride = 15, .format = WL_SHM_FORMAT_RGB565 },
		{ .stride = 23, .format = WL_SHM_FORMAT_BGR888 },
		{ .stride = 63, .format = WL_SHM_FORMAT_XBGR16161616F },
		/* with further planes behind the rows */
		{ .stride = 32, .format = WL_SHM_FORMAT_NV12 },
		{ .stride = 32, .format = WL_SHM_FORMAT_YUV444 },
		{ .stride = 32, .format = 0x34325258 }, /* DRM's XRGB8888 */
	};
	static const uint32_t flags[] = { 0, XWL_BUFFER_INLINE };
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = { .type = XWL_BUFFER };
	size_t i, k;

	for (i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		r.buffer = buffers[i];
		r.buffer.id = FREE_ID;
		r.buffer.width = r.buffer.height = 8;
		for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			r.buffer.flags = flags[k];
			if (!flags[k])
				push_file(make_memory(4096, F_SEAL_SHRINK));
			check_refused("pixels outside of the memory",
				      guest_record(bytes,
						   xwl_record_write(&r, bytes)),
				      -EPROTO);
		}
	}
}

static void pixels_of_other_memory_that_are_not_in_it(void **state)
{
	push_file(make_memory(4096, F_SEAL_SHRINK));
	assert_int_equal(send_buffer(FREE_ID, 0, 0, 8, 8, 32), 0);
	scene_forget();
	push_file(make_memory(4096, F_SEAL_SHRINK));
	check_refused("other memory",
		      send_buffer(FREE_ID, XWL_BUFFER_AGAIN, 0, 8, 8, 31),
		      -EPROTO);
}

/* What such a buffer costs is more than can be counted in 32 bits of KiB */
static void buffer_of_4_tib(void **state)
{
	check_refused("sent buffer",
		      send_buffer(FREE_ID, XWL_BUFFER_INLINE, 0, 8, 32768,
				  1 << 27),
		      -EPROTO);
	assert_int_equal(
		send_buffer(FREE_ID, XWL_BUFFER_INLINE, 0, 8, 8, 1 << 20), 0);
}

static void memory_that_could_shrink(void **state)
{
	push_file(make_memory(4096, F_SEAL_GROW));
	check_refused("unsealed memory", send_buffer(FREE_ID, 0, 0, 8, 8, 32),
		      -EPROTO);
}

static void memory_that_is_a_device_or_file(void **state)
{
	push_file(open("/dev/null", O_RDWR | O_CLOEXEC));
	check_refused("device", send_buffer(FREE_ID, 0, 0, 8, 8, 32), -EPROTO);
	push_file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	check_refused("file", send_buffer(FREE_ID, 0, 0, 8, 8, 32), -EPROTO);
}

static void memory_that_is_too_small(void **state)
{
	static const struct {
		uint32_t offset;
		int32_t height;
	} sizes[] = {
		{ 0, 129 },	   { 4096, 1 },		  { 4065, 1 },
		{ 0xffffffe0, 1 }, { 0xffffffff, 65535 },
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		push_file(make_memory(4096, F_SEAL_SHRINK));
		check_refused("small memory",
			      send_buffer(FREE_ID, 0, sizes[i].offset, 8,
					  sizes[i].height, 32),
			      -EPROTO);
	}
	push_file(make_memory(4096, F_SEAL_SHRINK));
	assert_int_equal(send_buffer(FREE_ID, 0, 0, 8, 128, 32), 0);
}

static void buffer_with_an_id_in_use(void **state)
{
	push_file(make_memory(4096, F_SEAL_SHRINK));
	check_refused("id in use", send_buffer(SURFACE, 0, 0, 8, 8, 32),
		      -EPROTO);
	check_refused("id of the compositor",
		      send_buffer(XWL_SERVER_IDS, XWL_BUFFER_INLINE, 0, 8, 8,
				  32),
		      -EPROTO);
	check_refused("id 0", send_buffer(0, XWL_BUFFER_INLINE, 0, 8, 8, 32),
		      -EPROTO);
}

/* It costs memory of the host's, as much as the guest may have */
static void sent_buffer_that_is_large(void **state)
{
	assert_int_equal(send_buffer(FREE_ID, XWL_BUFFER_INLINE, 0, 1920, 1080,
				     7680),
			 0);
	scene_forget();
	check_refused("sent buffer",
		      send_buffer(FREE_ID + 1, XWL_BUFFER_INLINE, 0, 8192, 8192,
				  32768),
		      -EDQUOT);
}

static int send_pixels(uint32_t id, uint32_t offset, size_t len)
{
	static uint8_t bytes[XWL_RECORD_MAX], pixels[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_PIXELS,
		.pixels = { id, offset },
		.bytes = pixels,
		.len = len,
	};

	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static void pixels_that_do_not_fit(void **state)
{
	assert_int_equal(send_pixels(BUFFER, 0, 256), 0);
	assert_int_equal(send_pixels(BUFFER, 255, 1), 0);
	check_refused("behind", send_pixels(BUFFER, 256, 1), -EPROTO);
	check_refused("too many", send_pixels(BUFFER, 0, 257), -EPROTO);
	check_refused("overflow", send_pixels(BUFFER, 0xffffffff, 2), -EPROTO);
	check_refused("surface", send_pixels(SURFACE, 0, 1), -EPROTO);
	check_refused("unknown", send_pixels(FREE_ID, 0, 1), -EPROTO);
	push_file(make_memory(4096, F_SEAL_SHRINK));
	assert_int_equal(send_buffer(FREE_ID, 0, 0, 8, 8, 32), 0);
	scene_forget();
	check_refused("shared memory", send_pixels(FREE_ID, 0, 1), -EPROTO);
}

static void records_that_only_the_host_may_send(void **state)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = { .type = XWL_ENDED };

	check_refused("ended", guest_record(bytes, xwl_record_write(&r, bytes)),
		      -EPROTO);
	r.type = XWL_HELLO;
	check_refused("second hello",
		      guest_record(bytes, xwl_record_write(&r, bytes)),
		      -EPROTO);
}

/* Two steps, of which the first is valid */
static void loop_of_two_subsurfaces(void **state)
{
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(FREE_ID, SURFACE2, SURFACE), NULL),
			 0);
	scene_forget();
	check_refused("loop",
		      guest_sends(SUBCOMPOSITOR, "get_subsurface",
				  NUMBERS(FREE_ID + 1, SURFACE, SURFACE2),
				  NULL),
		      -EPROTO);
}

/* No violation: programs edit what they like */
static void text_that_is_edited(void **state)
{
	assert_int_equal(guest_sends(TEXT_INPUT, "set_surrounding_text",
				     NUMBERS(3, 3), "a\n\f\xff"),
			 0);
	assert_string_equal(
		scene.sent,
		"zwp_text_input_v3.set_surrounding_text(\"a\n??\", 3, 3)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_the_table),
		cmocka_unit_test(messages_that_no_table_describes),
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(pool_of_the_guests_own),
		TEST(plane_that_is_no_dmabuf),
		TEST(plane_5_of_a_buffer),
		TEST(descriptor_of_no_message),
		TEST(pixels_that_are_not_in_the_memory),
		TEST(pixels_of_other_memory_that_are_not_in_it),
		TEST(buffer_of_4_tib),
		TEST(memory_that_could_shrink),
		TEST(memory_that_is_a_device_or_file),
		TEST(memory_that_is_too_small),
		TEST(buffer_with_an_id_in_use),
		TEST(sent_buffer_that_is_large),
		TEST(pixels_that_do_not_fit),
		TEST(records_that_only_the_host_may_send),
		TEST(loop_of_two_subsurfaces),
		TEST(text_that_is_edited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
