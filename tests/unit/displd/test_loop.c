// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"

static struct xdc_loop loop;
static struct xdc_source a, b;
static struct xdc_work work[3];
static struct xdc_timer timer;
static int fds[4], calls, ran[3];

/* The first of two ready sources removes the other */
static void remove_other(struct xdc_source *s, uint32_t events)
{
	calls++;
	xdc_loop_remove(&loop, s == &a ? &b : &a);
	xdc_loop_stop(&loop);
}

static void source_removed_in_same_turn_not_called(void **state)
{
	assert_int_equal(xdc_loop_init(&loop), 0);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(fds + 2), 0);
	a = (struct xdc_source){ .fd = fds[0], .ready = remove_other };
	b = (struct xdc_source){ .fd = fds[2], .ready = remove_other };
	assert_int_equal(xdc_loop_add(&loop, &a, EPOLLIN), 0);
	assert_int_equal(xdc_loop_add(&loop, &b, EPOLLIN), 0);
	assert_int_equal(xdc_loop_add(&loop, &a, EPOLLIN), -EEXIST);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(write(fds[3], "x", 1), 1);
	calls = 0;
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(calls, 1);
	a.fd = -1;
	xdc_loop_remove(&loop, &a);
	xdc_loop_fini(&loop);
}

static void run_work(struct xdc_work *w)
{
	size_t i = (size_t)(w - work);

	ran[i]++;
	if (i == 0) {
		xdc_loop_cancel(&loop, &work[1]);
		/* queued again: runs in the next turn, not in this one */
		if (ran[0] < 5)
			xdc_loop_later(&loop, w);
		else
			xdc_loop_stop(&loop);
	}
}

static void deferred_work_runs_once_in_next_turn(void **state)
{
	size_t i;

	assert_int_equal(xdc_loop_init(&loop), 0);
	memset(ran, 0, sizeof(ran));
	for (i = 0; i < 3; i++) {
		work[i].run = run_work;
		xdc_loop_later(&loop, &work[i]);
		xdc_loop_later(&loop, &work[i]);
	}
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(ran[0], 5);
	assert_int_equal(ran[1], 0);
	assert_int_equal(ran[2], 1);
	xdc_loop_cancel(&loop, &work[2]);
	assert_true(TAILQ_EMPTY(&loop.works));
	xdc_loop_fini(&loop);
}

static void count_firing(struct xdc_timer *t)
{
	calls++;
	xdc_loop_stop(&loop);
}

static void timers_fire_once_at_latest_setting(void **state)
{
	uint64_t before = xdc_now();

	assert_int_equal(xdc_loop_init(&loop), 0);
	calls = 0;
	xdc_timer_init(&loop, &timer, count_firing);
	xdc_timer_in(&timer, 1);
	xdc_timer_in(&timer, 20 * XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(calls, 1);
	assert_true(xdc_now() - before >= 20 * XDC_NS_PER_MS);
	/* a time in the past: fires at once */
	loop.stop = false;
	xdc_timer_at(&timer, 1);
	assert_int_equal(xdc_loop_run(&loop), 0);
	xdc_timer_fini(&timer);
	xdc_timer_fini(&timer);
	xdc_loop_fini(&loop);
}

static struct xdc_timer second;
static int fired;

static void count_and_disarm(struct xdc_timer *t)
{
	fired++;
	/* both have expired: the other one must not fire any more */
	xdc_timer_at(t == &timer ? &second : &timer, 0);
}

/* Each fires once, and none that was taken back */
static void expired_timer_can_be_disarmed(void **state)
{
	struct xdc_timer end;
	int i;

	assert_int_equal(xdc_loop_init(&loop), 0);
	xdc_timer_init(&loop, &timer, count_and_disarm);
	xdc_timer_init(&loop, &second, count_and_disarm);
	xdc_timer_init(&loop, &end, count_firing);
	fired = 0;
	for (i = 1; i <= 3; i++) {
		xdc_timer_at(&timer, 1);
		xdc_timer_at(&second, 1);
		xdc_timer_in(&end, 5 * XDC_NS_PER_MS);
		loop.stop = false;
		assert_int_equal(xdc_loop_run(&loop), 0);
		assert_int_equal(fired, i);
	}
	/* set anew in the same turn: fires then, and not before */
	xdc_timer_at(&timer, 1);
	xdc_timer_in(&timer, 60 * XDC_NS_PER_S);
	xdc_timer_in(&end, 5 * XDC_NS_PER_MS);
	loop.stop = false;
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(fired, 3);
	xdc_timer_fini(&end);
	xdc_timer_fini(&second);
	xdc_timer_fini(&timer);
	xdc_loop_fini(&loop);
}

static struct xdc_timer many[5];
static unsigned int order[5], nr_fired;

static void note_order(struct xdc_timer *t)
{
	order[nr_fired++] = (unsigned int)(t - many);
	if (nr_fired == 5)
		xdc_loop_stop(&loop);
}

/* In the order of their times, and those of one time in that of their settings */
static void timers_fire_in_order(void **state)
{
	static const uint64_t at[] = { 30, 10, 20, 10, 5 };
	static const unsigned int expected[] = { 4, 1, 3, 2, 0 };
	uint64_t begin = xdc_now();
	unsigned int i;

	assert_int_equal(xdc_loop_init(&loop), 0);
	for (i = 0; i < 5; i++) {
		xdc_timer_init(&loop, &many[i], note_order);
		xdc_timer_at(&many[i], begin + at[i] * XDC_NS_PER_MS);
	}
	/* set anew: from the end of the list to its beginning, and back */
	xdc_timer_at(&many[0], 1);
	xdc_timer_at(&many[0], begin + at[0] * XDC_NS_PER_MS);
	nr_fired = 0;
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_memory_equal(order, expected, sizeof(expected));
	assert_true(LIST_EMPTY(&loop.timers));
	xdc_loop_fini(&loop);
}

/* So they can be as many as guests want, and setting them is no system call */
static void timers_use_no_file(void **state)
{
	int before, after;

	assert_int_equal(xdc_loop_init(&loop), 0);
	before = dup(0);
	xdc_timer_init(&loop, &timer, count_firing);
	xdc_timer_in(&timer, XDC_NS_PER_S);
	after = dup(0);
	assert_int_equal(after, before + 1);
	xdc_timer_fini(&timer);
	assert_true(LIST_EMPTY(&loop.timers));
	close(before);
	close(after);
	xdc_loop_fini(&loop);
}

/* It is due again at once, each time */
static void set_again(struct xdc_timer *t)
{
	fired++;
	xdc_timer_at(t, 1);
}

static void stop_from_source(struct xdc_source *s, uint32_t events)
{
	xdc_loop_stop(&loop);
}

static void late_timer_does_not_keep_out_the_rest(void **state)
{
	struct xdc_source s = { .ready = stop_from_source };

	assert_int_equal(xdc_loop_init(&loop), 0);
	assert_int_equal(pipe(fds), 0);
	s.fd = fds[0];
	assert_int_equal(xdc_loop_add(&loop, &s, EPOLLIN), 0);
	xdc_timer_init(&loop, &timer, set_again);
	xdc_timer_at(&timer, 1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	fired = 0;
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(fired, 1);
	xdc_timer_fini(&timer);
	xdc_loop_remove(&loop, &s);
	close(fds[0]);
	close(fds[1]);
	xdc_loop_fini(&loop);
}

/* Later than epoll_wait() can wait */
static void far_timer_does_not_fire_early(void **state)
{
	assert_int_equal(xdc_loop_init(&loop), 0);
	xdc_timer_init(&loop, &timer, count_and_disarm);
	xdc_timer_init(&loop, &second, count_firing);
	fired = calls = 0;
	xdc_timer_at(&timer, UINT64_MAX);
	xdc_timer_in(&second, 5 * XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(fired, 0);
	assert_int_equal(calls, 1);
	xdc_timer_fini(&timer);
	xdc_loop_fini(&loop);
}

static void compare_clocks(struct xdc_timer *t)
{
	uint64_t now = xdc_loop_now(&loop), real = xdc_now();

	fired++;
	assert_true(now <= real);
	assert_int_equal(xdc_loop_now(&loop) < now, 0);
	if (fired < 20)
		xdc_timer_in(t, XDC_NS_PER_MS * (unsigned int)fired / 2);
	else
		xdc_loop_stop(&loop);
}

/* Nor behind what a timer has shown to have passed */
static void loop_time_is_never_ahead(void **state)
{
	assert_int_equal(xdc_loop_init(&loop), 0);
	xdc_timer_init(&loop, &timer, compare_clocks);
	fired = 0;
	xdc_timer_in(&timer, XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(fired, 20);
	xdc_loop_fini(&loop);
}

/* ---- what comes while the process is held up ---- */

#define FILES (3 * XDC_LOOP_BATCH)

static struct xdc_source files[FILES];
static int ends[FILES]; /* of the pipes, to write to */
static bool interrupt_wait; /* by a signal */
static bool hold_up_wait; /* after the kernel has taken the events */

/* The process does not run while the timer falls due, and then the last file is ready */
static void hold_up(void)
{
	struct timespec ts = { .tv_nsec = 30 * XDC_NS_PER_MS };

	xdc_timer_in(&timer, 10 * XDC_NS_PER_MS);
	nanosleep(&ts, NULL);
	assert_int_equal(write(ends[FILES - 1], "x", 1), 1);
}

int __real_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout);
int __wrap_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout);

int __wrap_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 1000 } };
	int nr;

	if (interrupt_wait)
		assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	interrupt_wait = false;
	nr = __real_epoll_wait(epfd, e, n, timeout);
	if (nr > 0 && hold_up_wait) {
		hold_up_wait = false;
		hold_up();
	}
	return nr;
}

static void hold_up_by_signal(int nr)
{
	hold_up();
}

static void read_and_hold_up(struct xdc_source *s, uint32_t events)
{
	char c;

	assert_int_equal(read(s->fd, &c, 1), 1);
	hold_up();
}

static void read_one(struct xdc_source *s, uint32_t events)
{
	char c;

	assert_int_equal(read(s->fd, &c, 1), 1);
}

/* A file that is ready again and again */
static void leave_ready(struct xdc_source *s, uint32_t events)
{
}

static void come_in_time(struct xdc_source *s, uint32_t events)
{
	xdc_timer_at(&timer, 0);
	xdc_loop_stop(&loop);
}

static int open_files(void **state)
{
	unsigned int i;

	if (xdc_loop_init(&loop))
		return -1;
	for (i = 0; i < FILES; i++) {
		if (pipe(fds))
			return -1;
		files[i] = (struct xdc_source){ fds[0], leave_ready };
		ends[i] = fds[1];
		if (xdc_loop_add(&loop, &files[i], EPOLLIN))
			return -1;
	}
	files[FILES - 1].ready = come_in_time;
	xdc_timer_init(&loop, &timer, count_firing);
	calls = 0;
	return 0;
}

static int close_files(void **state)
{
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		xdc_loop_remove(&loop, &files[i]);
		close(files[i].fd);
		close(ends[i]);
	}
	assert_int_equal(loop.sources, 0);
	xdc_timer_fini(&timer);
	xdc_loop_fini(&loop);
	return 0;
}

static void expect_no_timer(void)
{
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(calls, 0);
}

static void slow_source_does_not_expire_timer(void **state)
{
	files[0].ready = read_and_hold_up;
	assert_int_equal(write(ends[0], "x", 1), 1);
	expect_no_timer();
}

/* SIGSTOP and SIGCONT: the wait ends, without events and before its time */
static void interrupted_wait_does_not_expire_timer(void **state)
{
	struct sigaction act = { .sa_handler = hold_up_by_signal }, before;

	assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
	interrupt_wait = true;
	expect_no_timer();
	sigaction(SIGALRM, &before, NULL);
}

/* The same when the wait has events already */
static void held_up_wait_does_not_expire_timer(void **state)
{
	files[0].ready = read_one;
	assert_int_equal(write(ends[0], "x", 1), 1);
	hold_up_wait = true;
	expect_no_timer();
}

/* More files are ready than a turn takes, and those before the last are so for long */
static void timer_waits_for_all_ready_files(void **state)
{
	unsigned int i;

	files[0].ready = read_and_hold_up;
	for (i = 0; i < FILES - 1; i++)
		assert_int_equal(write(ends[i], "x", 1), 1);
	expect_no_timer();
}

static void busy_files_do_not_keep_out_timers(void **state)
{
	unsigned int i;

	for (i = 0; i < FILES - 1; i++)
		assert_int_equal(write(ends[i], "x", 1), 1);
	xdc_timer_in(&timer, 10 * XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	assert_int_equal(calls, 1);
}

static void fail_loop(struct xdc_work *w)
{
	xdc_loop_fail(&loop, -EPIPE);
}

static void loop_failure_returned_by_run(void **state)
{
	assert_int_equal(xdc_loop_init(&loop), 0);
	work[0].run = fail_loop;
	xdc_loop_later(&loop, &work[0]);
	assert_int_equal(xdc_loop_run(&loop), -EPIPE);
	xdc_loop_fini(&loop);
}

#define test_files(name) \
	cmocka_unit_test_setup_teardown(name, open_files, close_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_removed_in_same_turn_not_called),
		cmocka_unit_test(deferred_work_runs_once_in_next_turn),
		cmocka_unit_test(timers_fire_once_at_latest_setting),
		cmocka_unit_test(expired_timer_can_be_disarmed),
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(timers_use_no_file),
		cmocka_unit_test(late_timer_does_not_keep_out_the_rest),
		cmocka_unit_test(far_timer_does_not_fire_early),
		cmocka_unit_test(loop_time_is_never_ahead),
		cmocka_unit_test(loop_failure_returned_by_run),
		test_files(slow_source_does_not_expire_timer),
		test_files(interrupted_wait_does_not_expire_timer),
		test_files(held_up_wait_does_not_expire_timer),
		test_files(timer_waits_for_all_ready_files),
		test_files(busy_files_do_not_keep_out_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
