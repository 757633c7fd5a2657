// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "config-input.h"

static int set_seat(struct xd_seat_policy *s, const char *value)
{
	if (strlen(value) >= sizeof(s->seat))
		return -EINVAL;
	strcpy(s->seat, strcmp(value, "none") ? value : "");
	return 0;
}

static int set_devices(struct xd_seat_policy *s, const char *value)
{
	if (value[0] != '/' || strlen(value) >= sizeof(s->devices))
		return -EINVAL;
	strcpy(s->devices, value);
	return 0;
}

/* Keys that layouts rarely use, by name; any other by its code */
static int set_switch_key(struct xd_seat_policy *s, const char *value)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {
		{ "none", 0 },
		{ "scroll-lock", KEY_SCROLLLOCK },
		{ "pause", KEY_PAUSE },
		{ "sysrq", KEY_SYSRQ },
		{ "menu", KEY_COMPOSE },
		{ "right-ctrl", KEY_RIGHTCTRL },
		{ "right-meta", KEY_RIGHTMETA },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i].name))
			continue;
		s->switch_key = names[i].code;
		return 0;
	}
	return xdc_parse_number(value, KEY_MAX, &s->switch_key);
}

static int set_switch(enum xd_switch *out, const char *value)
{
	if (!strcmp(value, "yes"))
		*out = XD_ON;
	else if (!strcmp(value, "no"))
		*out = XD_OFF;
	else if (!strcmp(value, "default"))
		*out = XD_AS_USUAL;
	else
		return -EINVAL;
	return 0;
}

static int set_tap(struct xd_seat_policy *s, const char *value)
{
	return set_switch(&s->tap, value);
}

static int set_natural_scroll(struct xd_seat_policy *s, const char *value)
{
	return set_switch(&s->natural_scroll, value);
}

static int set_disable_while_typing(struct xd_seat_policy *s, const char *value)
{
	return set_switch(&s->disable_while_typing, value);
}

static int set_speed(struct xd_seat_policy *s, const char *value)
{
	char *end;
	double speed = strtod(value, &end);

	/* also refuses what is not a number */
	if (end == value || *end || !(speed >= -1 && speed <= 1))
		return -EINVAL;
	s->speed = speed;
	s->speed_set = true;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct xd_seat_policy *s, const char *value);
	const char *values;
} keys[] = {
	{ "seat", set_seat, "the name of a seat, such as seat0, or none" },
	{ "devices", set_devices, "paths such as /dev/input/event0" },
	{ "switch-key", set_switch_key,
	  "scroll-lock, pause, sysrq, menu, right-ctrl, right-meta, none, or a key's code" },
	{ "tap", set_tap, "yes, no or default" },
	{ "natural-scroll", set_natural_scroll, "yes, no or default" },
	{ "disable-while-typing", set_disable_while_typing,
	  "yes, no or default" },
	{ "speed", set_speed, "a number from -1 to 1" },
};

int xd_config_input_key(struct xd_seat_policy *s, const char *name,
			const char *value, struct xdc_reason *why)
{
	const size_t nr = sizeof(keys) / sizeof(keys[0]);
	size_t i;

	for (i = 0; i < nr && strcmp(name, keys[i].name); i++)
		;
	if (i == nr)
		return xdc_reason_set(why, -EINVAL, "[input] has no key '%s'",
				      name);
	if (keys[i].set(s, value))
		return xdc_reason_set(why, -EINVAL,
				      "%s is '%s', and must be %s", name, value,
				      keys[i].values);
	if (*s->seat && *s->devices)
		return xdc_reason_set(
			why, -EINVAL,
			"[input] has a seat and devices: set one of them");
	return 0;
}
