// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <wayland-client-core.h>

#include "filter/protocols.h"

/*
 * Protocols that wayland-protocols did not have when this was built are NULL: their
 * tables are not linked in.
 */
#define EACH_GLOBAL(X)                                                          \
	/* windows, pixels, input */                                            \
	X(wl_compositor, 6, 0)                                                  \
	X(wl_subcompositor, 1, 0)                                               \
	X(wl_shm, 2, 0)                                                         \
	X(wl_seat, 9, 0)                                                        \
	X(wl_output, 4, 0)                                                      \
	X(xdg_wm_base, 6, 0)                                                    \
	X(wp_viewporter, 1, 0)                                                  \
	X(wp_fractional_scale_manager_v1, 1, 0)                                 \
	X(wp_presentation, 1, 0)                                                \
	X(wp_single_pixel_buffer_manager_v1, 1, 0)                              \
	X(wp_cursor_shape_manager_v1, 1, 0)                                     \
	X(zxdg_decoration_manager_v1, 1, 0)                                     \
	X(wp_content_type_manager_v1, 1, 0)                                     \
	X(wp_alpha_modifier_v1, 1, 0)                                           \
	/* version 4 has feedback, which names devices of this machine */       \
	X(zwp_linux_dmabuf_v1, 3, 0)                                            \
	X(zwp_text_input_manager_v3, 1, 0)                                      \
	/* GTK and others do not start without; the policy is in clipboard.c */ \
	X(wl_data_device_manager, 3, 0)                                         \
	X(zwp_primary_selection_device_manager_v1, 1, 0)                        \
	/* what a guest may do where its configuration says so */               \
	X(zwp_pointer_constraints_v1, 1, XWL_ALLOW_POINTER_LOCK)                \
	X(zwp_relative_pointer_manager_v1, 1, XWL_ALLOW_POINTER_LOCK)           \
	X(zwp_idle_inhibit_manager_v1, 1, XWL_ALLOW_IDLE_INHIBIT)               \
	X(xdg_activation_v1, 1, XWL_ALLOW_ACTIVATION)                           \
	X(zxdg_output_manager_v1, 3, XWL_ALLOW_OUTPUT_LAYOUT)                   \
	X(zwp_tablet_manager_v2, 1, XWL_ALLOW_TABLET)                           \
	X(zwp_pointer_gestures_v1, 3, XWL_ALLOW_GESTURES)                       \
	X(wp_tearing_control_manager_v1, 1, XWL_ALLOW_TEARING)                  \
	X(xdg_toplevel_icon_manager_v1, 1, XWL_ALLOW_ICON)

#define DECLARE(name, reviewed, needs) \
	extern const struct wl_interface name##_interface __attribute__((weak));
EACH_GLOBAL(DECLARE)

#define ROW(name, reviewed, needs) { &name##_interface, reviewed, needs },
static const struct xwl_global globals[] = { EACH_GLOBAL(ROW) };

#define NR_GLOBALS (sizeof(globals) / sizeof(globals[0]))

const struct xwl_global *xwl_global_at(size_t index)
{
	return index < NR_GLOBALS ? &globals[index] : NULL;
}

const struct xwl_global *xwl_global_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_GLOBALS; i++)
		if (globals[i].interface &&
		    !strcmp(globals[i].interface->name, name))
			return &globals[i];
	return NULL;
}

uint32_t xwl_global_version(const struct xwl_global *g, uint32_t offered)
{
	uint32_t version = (uint32_t)g->interface->version;

	if (version > g->reviewed)
		version = g->reviewed;
	return version < offered ? version : offered;
}
