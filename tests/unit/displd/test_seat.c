// SPDX-License-Identifier: GPL-2.0-only
/* Which guest gets input events: two guests' screens, side by side */
#include "unit.h"

#include <linux/input-event-codes.h>
#include <stdio.h>

#include "common/log.h"
#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"
#include "seat/seat.h"

struct screen {
	struct xd_output output;
	const char *connector;
	uint32_t w, h;
};

static struct xd_daemon daemon;
static struct xd_frontend guests[2];
static struct xd_guest domains[2];
static struct screen screens[2];
static struct xd_seat *seat;
static char told[4096];

/* ---- events sent, as text: "0:key30+ " for a key to guest 0 ---- */

__attribute__((format(printf, 2, 3))) static void
tell(const struct xd_input *in, const char *fmt, ...)
{
	size_t len = strlen(told);
	va_list args;

	len += (size_t)snprintf(told + len, sizeof(told) - len, "%d:",
				in == &guests[1].connectors[0].screen.input);
	va_start(args, fmt);
	len += (size_t)vsnprintf(told + len, sizeof(told) - len, fmt, args);
	va_end(args);
	snprintf(told + len, sizeof(told) - len, " ");
}

void xd_input_key(struct xd_input *in, uint32_t code, bool pressed)
{
	tell(in, "key%u%c", code, pressed ? '+' : '-');
}

bool xd_input_is_modifier(uint32_t code)
{
	return code == KEY_LEFTCTRL || code == KEY_RIGHTMETA;
}

/* Caps Lock in the second guest */
static unsigned int locks[2];

unsigned int xd_input_locks(const struct xd_input *in)
{
	return locks[in == &guests[1].connectors[0].screen.input];
}

static void note_locks(void *user, unsigned int shown)
{
	size_t len = strlen(told);

	assert_ptr_equal(user, &daemon);
	snprintf(told + len, sizeof(told) - len, "locks%u ", shown);
}

bool xd_input_is_relative(const struct xd_input *in)
{
	return in->kbds[XD_POINTER];
}

void xd_input_motion(struct xd_input *in, int32_t dx, int32_t dy)
{
	tell(in, "by%d,%d", dx, dy);
}

void xd_input_position(struct xd_input *in, int32_t x, int32_t y)
{
	tell(in, "%d,%d", x, y);
}

void xd_input_wheel(struct xd_input *in, int32_t v120)
{
	tell(in, "wheel%d", v120);
}

void xd_input_touch(struct xd_input *in, enum xd_touch what, int32_t id,
		    int32_t x, int32_t y)
{
	static const char *const names[] = { "down", "motion", "up" };

	tell(in, "%s%d@%d,%d", names[what], id, x, y);
}

void xd_input_touch_frame(struct xd_input *in)
{
}

void xd_input_release(struct xd_input *in, unsigned int what)
{
	tell(in, "release%u", what);
}

static unsigned int warnings;

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	assert_int_equal(level, XDC_WARNING);
	warnings++;
}

#define expect(what)                             \
	do {                                     \
		assert_string_equal(told, what); \
		told[0] = '\0';                  \
	} while (0)

#define press(code, what)                      \
	do {                                   \
		xd_seat_key(seat, code, true); \
		expect(what);                  \
	} while (0)

/* ---- screens ---- */

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	const struct screen *s = (const struct screen *)o;

	snprintf(buf, len, "%s of the card", s->connector);
	*w = s->w;
	*h = s->h;
}

static const char *connector(const struct xd_output *o)
{
	return ((const struct screen *)o)->connector;
}

static const struct xd_output_ops card = {
	.describe = describe,
	.connector = connector,
};

static const struct xd_output_ops headless = {
	.describe = describe,
};

static int begin(void **state)
{
	unsigned int i;

	memset(&daemon, 0, sizeof(daemon));
	memset(guests, 0, sizeof(guests));
	strcpy(domains[0].name, "work");
	strcpy(domains[1].name, "play");
	screens[0] = (struct screen){ { .ops = &card }, "VGA-1", 640, 480 };
	screens[1] = (struct screen){ { .ops = &card }, "DP-1", 1000, 500 };
	for (i = 0; i < 2; i++) {
		struct xd_screen *s = &guests[i].connectors[0].screen;

		s->guest = &domains[i];
		domains[i].serial = i + 1;
		s->output = &screens[i].output;
		s->policy.input = true;
		guests[i].nr_connectors = 1;
	}
	LIST_INSERT_HEAD(&daemon.frontends, &guests[1], link);
	LIST_INSERT_HEAD(&daemon.frontends, &guests[0], link);
	assert_int_equal(xd_seat_create(&daemon, NULL, &seat), 0);
	told[0] = '\0';
	warnings = 0;
	return 0;
}

static int end(void **state)
{
	xd_seat_destroy(seat);
	return 0;
}

/* The screen of DP-1 is the left one, whichever guest is first in the list */
static void seat_screens_in_order_of_connector_names(void **state)
{
	assert_ptr_equal(xd_seat_focus(seat),
			 &guests[1].connectors[0].screen.input);
	press(KEY_A, "1:key30+ ");
	xd_seat_motion(seat, 10, 10, 0, 0);
	expect("1:510,260 ");
	xd_seat_motion(seat, 0.5, 0.25, 0, 0);
	xd_seat_motion(seat, 0.5, 0.25, 0, 0);
	expect("1:510,260 1:511,260 ");
	/* to the next screen: pressed keys are released first */
	xd_seat_motion(seat, 500, 0, 0, 0);
	expect("1:release3 0:11,260 ");
	xd_seat_key(seat, KEY_B, true);
	xd_seat_wheel(seat, 60.5);
	xd_seat_wheel(seat, 60.5);
	expect("0:key48+ 0:wheel60 0:wheel61 ");
	xd_seat_motion(seat, -12, 0, 0, 0);
	expect("0:release3 1:999,260 ");
	/* the outer edges stop the pointer */
	xd_seat_motion(seat, -5000, -5000, 0, 0);
	expect("1:0,0 ");
	xd_seat_motion(seat, 5000, 5000, 0, 0);
	expect("1:release3 0:639,479 ");
}

/* A guest with a relative pointer gets unaccelerated motions, even at an edge that
 * stops the daemon's own pointer
 */
static void seat_relative_motion_passed_on(void **state)
{
	static struct xd_kbd *const any = (struct xd_kbd *)1;

	guests[1].connectors[0].screen.input.kbds[XD_POINTER] = any;
	xd_seat_motion(seat, 20, 30, 10, 15);
	xd_seat_motion(seat, -10000, 1, -5.75, 0.5);
	xd_seat_motion(seat, -1, 1, -0.5, 0.5);
	expect("1:by10,15 1:by-5,0 1:by-1,1 ");
	xd_seat_motion(seat, 1000, 0, 7, 0);
	expect("1:release3 0:0,282 ");
}

static void seat_pressed_button_keeps_focus(void **state)
{
	xd_seat_key(seat, BTN_LEFT, true);
	xd_seat_motion(seat, 800, 0, 0, 0);
	expect("1:key272+ 1:999,250 ");
	xd_seat_key(seat, BTN_RIGHT, true);
	xd_seat_key(seat, BTN_LEFT, false);
	xd_seat_motion(seat, 10, 0, 0, 0);
	xd_seat_position(seat, NULL, 0.99, 0.5);
	expect("1:key273+ 1:key272- 1:999,250 1:999,240 ");
	xd_seat_key(seat, BTN_RIGHT, false);
	xd_seat_motion(seat, 10, 0, 0, 0);
	expect("1:key273- 1:release3 0:9,240 ");
}

static void seat_positions_over_all_screens(void **state)
{
	/* 1640 pixels over both screens */
	xd_seat_position(seat, NULL, 0.5, 0.5);
	expect("1:820,250 ");
	xd_seat_position(seat, NULL, 0, 0);
	expect("1:0,0 ");
	xd_seat_position(seat, NULL, 0.75, 0.5);
	expect("1:release3 0:230,240 ");
	xd_seat_position(seat, NULL, 1, 1);
	expect("0:639,479 ");
	xd_seat_position(seat, "DP-1", 0.25, 0.5);
	expect("0:release3 1:250,250 ");
	xd_seat_position(seat, "HDMI-A-1", 0.25, 0.5);
	expect("");
}

static void seat_fingers_stay_on_their_screen(void **state)
{
	xd_seat_touch(seat, "VGA-1", XD_TOUCH_DOWN, 4, 0.5, 0.5);
	expect("1:release3 0:down4@320,240 ");
	press(KEY_A, "0:key30+ ");
	xd_seat_touch(seat, NULL, XD_TOUCH_DOWN, 5, 0, 0);
	expect("0:release3 1:down5@0,0 ");
	/* each finger stays on the screen that it touched first */
	xd_seat_touch(seat, "VGA-1", XD_TOUCH_MOTION, 4, 0, 0);
	xd_seat_touch(seat, NULL, XD_TOUCH_MOTION, 5, 0.75, 0);
	expect("0:motion4@0,0 1:motion5@1230,0 ");
	xd_seat_touch(seat, "VGA-1", XD_TOUCH_UP, 4, 0, 0);
	xd_seat_touch(seat, "VGA-1", XD_TOUCH_MOTION, 4, 0, 0);
	xd_seat_touch(seat, "VGA-1", XD_TOUCH_UP, 4, 0, 0);
	expect("0:up4@0,0 ");
	xd_seat_touch(seat, "none", XD_TOUCH_DOWN, 6, 0, 0);
	expect("");
	xd_seat_touch(seat, NULL, XD_TOUCH_UP, 5, 0, 0);
	expect("1:up5@0,0 ");
}

static void seat_fingers_over_maximum_ignored(void **state)
{
	int i;

	for (i = 0; i < XD_SEAT_FINGERS; i++)
		xd_seat_touch(seat, "DP-1", XD_TOUCH_DOWN, i, 0, 0);
	told[0] = '\0';
	xd_seat_touch(seat, "DP-1", XD_TOUCH_DOWN, i, 0, 0);
	xd_seat_touch(seat, "DP-1", XD_TOUCH_MOTION, i, 0, 0);
	expect("");
	xd_seat_touch(seat, "DP-1", XD_TOUCH_UP, 3, 0, 0);
	xd_seat_touch(seat, "DP-1", XD_TOUCH_DOWN, i, 0, 0);
	expect("1:up3@0,0 1:down32@0,0 ");
}

static void seat_switch_key_moves_focus(void **state)
{
	xd_seat_key(seat, KEY_SCROLLLOCK, true);
	xd_seat_key(seat, KEY_SCROLLLOCK, false);
	expect("1:key70+ 1:key70- ");
	xd_seat_switch_key(seat, KEY_SCROLLLOCK);
	xd_seat_key(seat, KEY_SCROLLLOCK, true);
	xd_seat_key(seat, KEY_SCROLLLOCK, false);
	expect("1:release3 ");
	xd_seat_motion(seat, 1, 1, 0, 0);
	expect("0:321,241 ");
	xd_seat_key(seat, BTN_LEFT, true);
	xd_seat_key(seat, KEY_SCROLLLOCK, true);
	press(KEY_A, "0:key272+ 0:key30+ ");
	xd_seat_key(seat, BTN_LEFT, false);
	press(KEY_SCROLLLOCK, "0:key272- 0:release3 ");
	/* or a mouse's button */
	xd_seat_switch_key(seat, BTN_SIDE);
	xd_seat_key(seat, BTN_SIDE, true);
	xd_seat_key(seat, BTN_SIDE, false);
	expect("1:release3 ");
	press(BTN_SIDE, "0:release3 ");
}

static void set_connected(unsigned int guest, bool is)
{
	guests[guest].nr_connectors = is;
	xd_seat_changed(seat);
}

static void come_back(unsigned int guest)
{
	set_connected(guest, false);
	set_connected(guest, true);
}

/* Screens are removed and added: the focus changes, and no key is left pressed */
static void seat_screens_come_and_go(void **state)
{
	xd_seat_touch(seat, "DP-1", XD_TOUCH_DOWN, 1, 0, 0);
	told[0] = '\0';
	set_connected(1, false);
	/* no focus: keys are not sent to the other screen */
	assert_null(xd_seat_focus(seat));
	xd_seat_key(seat, KEY_A, true);
	xd_seat_key(seat, BTN_LEFT, true);
	xd_seat_wheel(seat, 120);
	expect("");
	xd_seat_position(seat, NULL, 0.999, 0);
	xd_seat_key(seat, BTN_LEFT, false);
	press(KEY_B, "0:639,0 0:key272- 0:key48+ ");
	xd_seat_touch(seat, "DP-1", XD_TOUCH_MOTION, 1, 0, 0);
	xd_seat_touch(seat, NULL, XD_TOUCH_MOTION, 1, 0, 0);
	xd_seat_touch(seat, "DP-1", XD_TOUCH_UP, 1, 0, 0);
	expect("");
	/* a screen is added: the focus stays, though the order changes */
	set_connected(1, true);
	xd_seat_motion(seat, -1, 0, 0, 0);
	expect("0:638,0 ");
	/* a lost output: its guest is headless now */
	screens[0].output.ops = &headless;
	xd_seat_changed(seat);
	expect("0:release7 ");
	xd_seat_key(seat, KEY_A, false);
	expect("");
	xd_seat_motion(seat, 1, 1, 0, 0);
	expect("1:501,251 ");
	/* removed and added again without another focus in between */
	set_connected(1, false);
	xd_seat_key(seat, KEY_A, true);
	set_connected(1, true);
	press(KEY_B, "1:key48+ ");
	/* a screen with input = no */
	guests[1].connectors[0].screen.policy.input = false;
	xd_seat_changed(seat);
	expect("1:release7 ");
	assert_null(xd_seat_focus(seat));
	xd_seat_key(seat, KEY_A, true);
	xd_seat_motion(seat, 1, 1, 0, 0);
	xd_seat_position(seat, NULL, 0.5, 0.5);
	xd_seat_wheel(seat, 120);
	xd_seat_touch(seat, NULL, XD_TOUCH_DOWN, 1, 0, 0);
	xd_seat_touch_frame(seat);
	expect("");
}

/* Another guest cannot get the keys by connecting again */
static void seat_lost_focus_returns_to_same_screen_only(void **state)
{
	const struct xd_input *left = &guests[1].connectors[0].screen.input;

	assert_ptr_equal(xd_seat_focus(seat), left);
	set_connected(1, false);
	come_back(0);
	assert_null(xd_seat_focus(seat));
	press(KEY_A, "");
	set_connected(1, true);
	assert_ptr_equal(xd_seat_focus(seat), left);
	press(KEY_B, "1:key48+ ");
	/* the user selects the other one after the loss */
	set_connected(1, false);
	xd_seat_motion(seat, 1, 1, 0, 0);
	expect("0:321,241 ");
	set_connected(1, true);
	press(KEY_A, "0:key30+ ");
	/* which is lost as well */
	set_connected(0, false);
	come_back(1);
	assert_null(xd_seat_focus(seat));
	set_connected(0, true);
	press(KEY_B, "0:key48+ ");
}

static void start_again(unsigned int guest, uint16_t domid)
{
	domains[guest].serial++;
	domains[guest].domid = domid;
	snprintf(domains[guest].name, sizeof(domains[guest].name), "%u", domid);
	come_back(guest);
}

/* A driver domain knows guests by their numbers, and screens by [connector UNIQUE-ID] */
static void seat_focus_returns_to_named_screen_of_driver_domain(void **state)
{
	struct xd_connector *c = &guests[1].connectors[0];

	start_again(1, 5);
	xd_seat_position(seat, "DP-1", 0, 0);
	/* the guest could have written the id, or no section has it */
	strcpy(c->unique_id, "dashboard");
	start_again(1, 6);
	assert_null(xd_seat_focus(seat));
	c->screen.policy.by_id = true;
	xd_seat_changed(seat);
	xd_seat_position(seat, "DP-1", 0, 0);
	start_again(1, 7);
	assert_ptr_equal(xd_seat_focus(seat), &c->screen.input);
	/* another id on this connector, and this id on another one */
	strcpy(c->unique_id, "other");
	start_again(1, 8);
	assert_null(xd_seat_focus(seat));
	strcpy(c->unique_id, "dashboard");
	screens[1].connector = "DP-2";
	start_again(1, 9);
	assert_null(xd_seat_focus(seat));
	screens[1].connector = "DP-1";
	start_again(1, 10);
	assert_ptr_equal(xd_seat_focus(seat), &c->screen.input);
	/* where guests have names, the name counts */
	strcpy(domains[1].name, "play");
	xd_seat_changed(seat);
	domains[1].serial++;
	strcpy(domains[1].name, "guest");
	come_back(1);
	assert_null(xd_seat_focus(seat));
}

/* xl rename, and then the guest sets up its display anew */
static void seat_focus_returns_to_renamed_guest(void **state)
{
	strcpy(domains[1].name, "renamed");
	come_back(1);
	press(KEY_A, "1:key30+ ");
}

/* With a keyboard alone, typing would be in vain for ever */
static void seat_says_once_that_no_guest_gets_keys(void **state)
{
	set_connected(1, false);
	xd_seat_key(seat, KEY_A, false);
	assert_int_equal(warnings, 0);
	xd_seat_key(seat, KEY_A, true);
	xd_seat_key(seat, KEY_B, true);
	come_back(0);
	xd_seat_key(seat, KEY_A, true);
	assert_int_equal(warnings, 1);
	/* lost once more */
	set_connected(1, true);
	set_connected(1, false);
	xd_seat_key(seat, KEY_A, true);
	assert_int_equal(warnings, 2);
	/* no screen, or a key that selects one */
	set_connected(1, true);
	set_connected(1, false);
	set_connected(0, false);
	xd_seat_key(seat, KEY_A, true);
	set_connected(0, true);
	xd_seat_switch_key(seat, KEY_SCROLLLOCK);
	xd_seat_key(seat, KEY_A, true);
	assert_int_equal(warnings, 2);
}

/* With output = auto a guest takes any connector that is free */
static void seat_other_guest_on_same_connector_gets_no_focus(void **state)
{
	press(KEY_A, "1:key30+ ");
	set_connected(1, false);
	screens[0].connector = "DP-1";
	xd_seat_changed(seat);
	assert_null(xd_seat_focus(seat));
	press(KEY_A, "");
	/* it is for the user to select it */
	xd_seat_motion(seat, 1, 1, 0, 0);
	press(KEY_B, "0:321,241 0:key48+ ");
}

/* As at a reload with other input devices */
static void make_anew(void)
{
	struct xd_seat *former = seat;

	assert_int_equal(xd_seat_create(&daemon, former, &seat), 0);
	xd_seat_destroy(former);
	told[0] = '\0';
}

static void seat_made_anew_keeps_focus(void **state)
{
	const struct xd_input *right = &guests[0].connectors[0].screen.input;

	xd_seat_position(seat, "VGA-1", 0, 0);
	make_anew();
	assert_ptr_equal(xd_seat_focus(seat), right);
	press(KEY_A, "0:key30+ ");
	/* a screen that is away: no other gets its keys */
	set_connected(0, false);
	make_anew();
	assert_null(xd_seat_focus(seat));
	press(KEY_A, "");
	set_connected(0, true);
	assert_ptr_equal(xd_seat_focus(seat), right);
}

/* Ctrl is held, and then the pointer enters another guest and clicks there */
static void seat_modifiers_move_with_focus(void **state)
{
	xd_seat_key(seat, KEY_LEFTCTRL, true);
	press(KEY_A, "1:key29+ 1:key30+ ");
	xd_seat_position(seat, "VGA-1", 0, 0);
	press(BTN_LEFT, "1:release3 0:key29+ 0:0,0 0:key272+ ");
	xd_seat_key(seat, BTN_LEFT, false);
	xd_seat_key(seat, KEY_LEFTCTRL, false);
	expect("0:key272- 0:key29- ");
	xd_seat_position(seat, "DP-1", 0, 0);
	expect("0:release3 1:0,0 ");
	/* a release without a press, and two keyboards */
	xd_seat_key(seat, KEY_LEFTCTRL, false);
	xd_seat_key(seat, KEY_RIGHTMETA, true);
	xd_seat_key(seat, KEY_RIGHTMETA, true);
	xd_seat_key(seat, KEY_RIGHTMETA, false);
	told[0] = '\0';
	xd_seat_position(seat, "VGA-1", 0, 0);
	expect("1:release3 0:key126+ 0:0,0 ");
	/* the guest's input device is another one: it gets them again */
	xd_seat_changed(seat);
	expect("0:key126+ ");
	/* no guest gets the switch key, even if it is a modifier */
	xd_seat_switch_key(seat, KEY_LEFTCTRL);
	press(KEY_LEFTCTRL, "0:release3 1:key126+ ");
}

static void seat_leds_show_locks_of_focus(void **state)
{
	locks[0] = locks[1] = 0;
	xd_seat_watch_locks(seat, note_locks, &daemon);
	press(KEY_A, "locks0 1:key30+ ");
	locks[1] = XD_LOCK_CAPS;
	press(KEY_CAPSLOCK, "1:key58+ locks1 ");
	xd_seat_position(seat, "VGA-1", 0, 0);
	expect("1:release3 locks0 0:0,0 ");
	xd_seat_position(seat, "DP-1", 0, 0);
	expect("0:release3 locks1 1:0,0 ");
	/* no screen */
	set_connected(0, false);
	set_connected(1, false);
	expect("locks0 ");
	locks[1] = 0;
	xd_seat_watch_locks(seat, NULL, NULL);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(seat_screens_in_order_of_connector_names),
		test(seat_relative_motion_passed_on),
		test(seat_pressed_button_keeps_focus),
		test(seat_positions_over_all_screens),
		test(seat_fingers_stay_on_their_screen),
		test(seat_fingers_over_maximum_ignored),
		test(seat_switch_key_moves_focus),
		test(seat_screens_come_and_go),
		test(seat_lost_focus_returns_to_same_screen_only),
		test(seat_focus_returns_to_named_screen_of_driver_domain),
		test(seat_focus_returns_to_renamed_guest),
		test(seat_says_once_that_no_guest_gets_keys),
		test(seat_other_guest_on_same_connector_gets_no_focus),
		test(seat_made_anew_keeps_focus),
		test(seat_modifiers_move_with_focus),
		test(seat_leds_show_locks_of_focus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
