// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "filter/text.h"
#include "filter/values.h"

#define SIDE XWL_SIDE_MAX
#define UNSET (-256) /* -1 as a fixed-point number */

enum kind {
	SIGNED, /* from low to high */
	PAIR, /* this argument and the next, each from low to high */
	ENUM, /* unsigned, from low to high */
	BITS, /* of the mask high alone */
	ONE_OF, /* a number whose bit is set in the mask high */
	BOX, /* x y width height from this argument on; cut at XWL_FAR */
	SOURCE, /* the same in fixed point: all -1, or a part of a buffer */
	SIZE, /* width height from this argument on: both -1, or 1 to high */
	LINES, /* a text of at most high bytes: the bridge writes it anew */
	FREE, /* any text: the bridge writes it anew, or looks at it */
};

struct rule {
	const char *interface, *request;
	unsigned int arg;
	enum kind kind;
	int32_t low, high;
};

/* Texts without a rule have one line, of at most so many bytes */
#define TEXT_MAX 255

static const struct rule rules[] = {
	{ "wl_surface", "attach", 1, PAIR, -SIDE, SIDE },
	{ "wl_surface", "offset", 0, PAIR, -SIDE, SIDE },
	{ "wl_surface", "damage", 0, BOX, 0, 0 },
	{ "wl_surface", "damage_buffer", 0, BOX, 0, 0 },
	{ "wl_surface", "set_buffer_transform", 0, SIGNED, 0, 7 },
	{ "wl_surface", "set_buffer_scale", 0, SIGNED, 1, 16 },
	{ "wl_region", "add", 0, BOX, 0, 0 },
	{ "wl_region", "subtract", 0, BOX, 0, 0 },
	{ "wl_subsurface", "set_position", 0, PAIR, -SIDE, SIDE },
	{ "wl_pointer", "set_cursor", 2, PAIR, -SIDE, SIDE },
	{ "wl_data_offer", "accept", 1, FREE, 0, 0 },
	{ "wl_data_offer", "receive", 0, FREE, 0, 0 },
	{ "wl_data_offer", "set_actions", 0, BITS, 0, 7 },
	{ "wl_data_offer", "set_actions", 1, ONE_OF, 0, 0x17 },
	{ "wl_data_source", "offer", 0, FREE, 0, 0 },
	{ "wl_data_source", "set_actions", 0, BITS, 0, 7 },
	{ "zwp_primary_selection_offer_v1", "receive", 0, FREE, 0, 0 },
	{ "zwp_primary_selection_source_v1", "offer", 0, FREE, 0, 0 },

	{ "xdg_positioner", "set_size", 0, PAIR, 1, SIDE },
	{ "xdg_positioner", "set_anchor_rect", 0, PAIR, -SIDE, SIDE },
	{ "xdg_positioner", "set_anchor_rect", 2, PAIR, 0, SIDE },
	{ "xdg_positioner", "set_anchor", 0, ENUM, 0, 8 },
	{ "xdg_positioner", "set_gravity", 0, ENUM, 0, 8 },
	{ "xdg_positioner", "set_constraint_adjustment", 0, BITS, 0, 63 },
	{ "xdg_positioner", "set_offset", 0, PAIR, -SIDE, SIDE },
	{ "xdg_positioner", "set_parent_size", 0, PAIR, 0, SIDE },
	{ "xdg_surface", "set_window_geometry", 0, PAIR, -SIDE, SIDE },
	{ "xdg_surface", "set_window_geometry", 2, PAIR, 1, SIDE },
	{ "xdg_toplevel", "resize", 2, ONE_OF, 0, 0x777 },
	{ "xdg_toplevel", "show_window_menu", 2, PAIR, -SIDE, SIDE },
	{ "xdg_toplevel", "set_max_size", 0, PAIR, 0, INT32_MAX },
	{ "xdg_toplevel", "set_min_size", 0, PAIR, 0, SIDE },
	{ "xdg_toplevel", "set_title", 0, FREE, 0, 0 },
	{ "xdg_toplevel", "set_app_id", 0, FREE, 0, 0 },

	{ "wp_viewport", "set_source", 0, SOURCE, 0, 0 },
	{ "wp_viewport", "set_destination", 0, SIZE, 0, SIDE },
	{ "wp_content_type_v1", "set_content_type", 0, ENUM, 0, 3 },
	{ "wp_cursor_shape_device_v1", "set_shape", 1, ENUM, 1, 34 },
	{ "zxdg_toplevel_decoration_v1", "set_mode", 0, ENUM, 1, 2 },
	{ "zwp_linux_buffer_params_v1", "add", 1, ENUM, 0, 3 },
	{ "zwp_linux_buffer_params_v1", "create", 0, PAIR, 1, SIDE },
	{ "zwp_linux_buffer_params_v1", "create", 3, BITS, 0, 7 },
	{ "zwp_linux_buffer_params_v1", "create_immed", 1, PAIR, 1, SIDE },
	{ "zwp_linux_buffer_params_v1", "create_immed", 4, BITS, 0, 7 },
	{ "zwp_text_input_v3", "set_surrounding_text", 0, LINES, 0,
	  XWL_LINES_MAX },
	{ "zwp_text_input_v3", "set_surrounding_text", 1, PAIR, 0,
	  XWL_LINES_MAX },
	{ "zwp_text_input_v3", "set_text_change_cause", 0, ENUM, 0, 1 },
	{ "zwp_text_input_v3", "set_content_type", 0, BITS, 0, 0x3ff },
	{ "zwp_text_input_v3", "set_content_type", 1, ENUM, 0, 13 },
	{ "zwp_text_input_v3", "set_cursor_rectangle", 0, BOX, 0, 0 },

	{ "zwp_pointer_constraints_v1", "lock_pointer", 4, ENUM, 1, 2 },
	{ "zwp_pointer_constraints_v1", "confine_pointer", 4, ENUM, 1, 2 },
	{ "wp_tearing_control_v1", "set_presentation_hint", 0, ENUM, 0, 1 },
	{ "xdg_toplevel_icon_v1", "add_buffer", 1, SIGNED, 1, 16 },
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

static int32_t clamp_far(int64_t v)
{
	return v < -XWL_FAR ? -XWL_FAR : v > XWL_FAR ? XWL_FAR : (int32_t)v;
}

/* One side of a box: where it begins, and how long it is */
static bool cut_side(struct xwl_arg *at, struct xwl_arg *len)
{
	int64_t end = (int64_t)at->i + len->i;

	if (len->i < 0)
		return false;
	at->i = clamp_far(at->i);
	len->i = clamp_far(end) - at->i;
	return true;
}

static bool cut_box(struct xwl_arg *a)
{
	return cut_side(&a[0], &a[2]) && cut_side(&a[1], &a[3]);
}

static bool is_source(const struct xwl_arg *a)
{
	if (a[0].i == UNSET && a[1].i == UNSET && a[2].i == UNSET &&
	    a[3].i == UNSET)
		return true;
	return a[0].i >= 0 && a[1].i >= 0 && a[2].i > 0 && a[3].i > 0;
}

static bool is_size(const struct xwl_arg *a, int32_t high)
{
	if (a[0].i == -1 && a[1].i == -1)
		return true;
	return a[0].i > 0 && a[0].i <= high && a[1].i > 0 && a[1].i <= high;
}

static bool in_range(const struct rule *r, const struct xwl_arg *a)
{
	return a->i >= r->low && a->i <= r->high;
}

static bool obeys_rule(const struct rule *r, struct xwl_arg *a)
{
	switch (r->kind) {
	case SIGNED:
		return in_range(r, a);
	case PAIR:
		return in_range(r, &a[0]) && in_range(r, &a[1]);
	case ENUM:
		return a->u >= (uint32_t)r->low && a->u <= (uint32_t)r->high;
	case BITS:
		return !(a->u & ~(uint32_t)r->high);
	case ONE_OF:
		return a->u < 31 && (uint32_t)r->high >> a->u & 1;
	case BOX:
		return cut_box(a);
	case SOURCE:
		return is_source(a);
	case SIZE:
		return is_size(a, r->high);
	case LINES:
	case FREE:
		return true;
	}
	return false;
}

static const struct rule *find_rule(const struct rule *r, const char *interface,
				    const char *request)
{
	for (; r < rules + NR_RULES; r++)
		if (!strcmp(r->request, request) &&
		    !strcmp(r->interface, interface))
			return r;
	return NULL;
}

/* The argument to name: of a pair, the first that is wrong */
static unsigned int wrong_arg(const struct rule *r, const struct xwl_message *m)
{
	return r->kind == PAIR && in_range(r, &m->args[r->arg]) ? r->arg + 1
								: r->arg;
}

static int refuse_number(const struct rule *r, const struct xwl_message *m,
			 struct xdc_reason *why)
{
	unsigned int arg = wrong_arg(r, m);

	return xdc_reason_set(why, -ERANGE,
			      "%s.%s: argument %u is %d, which is not allowed",
			      r->interface, r->request, arg + 1,
			      m->args[arg].i);
}

static int check_numbers(const char *interface, struct xwl_message *m,
			 struct xdc_reason *why)
{
	const struct rule *r = find_rule(rules, interface, m->table->name);

	for (; r; r = find_rule(r + 1, interface, m->table->name))
		if (r->arg < m->nr_args && !obeys_rule(r, &m->args[r->arg]))
			return refuse_number(r, m, why);
	return 0;
}

static int check_text(const char *interface, const struct xwl_message *m,
		      unsigned int arg, struct xdc_reason *why)
{
	const struct rule *r = find_rule(rules, interface, m->table->name);
	const struct xwl_arg *a = &m->args[arg];
	uint32_t max;

	while (r && !(r->arg == arg && (r->kind == LINES || r->kind == FREE)))
		r = find_rule(r + 1, interface, m->table->name);
	if (r && r->kind == FREE)
		return 0;
	max = r ? (uint32_t)r->high : TEXT_MAX;
	if (a->len > max)
		return xdc_reason_set(why, -EILSEQ,
				      "%s.%s: text of %u bytes, at most %u",
				      interface, m->table->name, a->len, max);
	if (!r && !xwl_text_valid(a->data, false))
		return xdc_reason_set(why, -EILSEQ,
				      "%s.%s: text is not printable UTF-8",
				      interface, m->table->name);
	return 0;
}

int xwl_values_check(const char *interface, struct xwl_message *m,
		     struct xdc_reason *why)
{
	int err = check_numbers(interface, m, why);
	unsigned int i;

	for (i = 0; i < m->nr_args && !err; i++)
		if (m->args[i].type == 's' && m->args[i].data)
			err = check_text(interface, m, i, why);
	return err;
}
