// SPDX-License-Identifier: GPL-2.0-only
/* xendmabuf listen, connect, send, recv and channels, at daemons of two domains.
 *
 * The commands run in a shell of a thread's, beside the daemons.
 */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "common/png-file.h"
#include "fake-store.h"
#include "hosts.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])
#define DOM0 (&hosts[2])

static atomic_bool done;
static int status;
/* Ends the link once the script has made the file "gone" */
static void (*leave)(void);

static void *run_shell(void *script)
{
	status = system(script);
	done = true;
	return NULL;
}

static bool is_told(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", hosts_folder, file);
	return !access(path, F_OK);
}

/* In the test's folder; $work and $gui are the tool in each domain */
static int shell(const char *script)
{
	static char all[8192];
	const char *tool = getenv("XCH_TOOL");
	pthread_t thread;

	assert_non_null(tool);
	snprintf(
		all, sizeof(all),
		"cd %s || exit 99; exec 2>>said\n"
		"work='env XEN_CHANNEL_SOCKET=%s %s'\n"
		"gui='env XEN_CHANNEL_SOCKET=%s %s'\n"
		"until_it_works() { for _ in $(seq 100); do \"$@\" && return; sleep 0.1; done; "
		"return 98; }\n"
		"%s",
		hosts_folder, WORK->control, tool, GUI->control, tool, script);
	done = false;
	assert_int_equal(pthread_create(&thread, NULL, run_shell, all), 0);
	while (!done) {
		hosts_turn();
		if (leave && is_told("gone")) {
			leave();
			leave = NULL;
		}
	}
	pthread_join(thread, NULL);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void link_with(const char *work, const char *gui)
{
	host_start(WORK, 3, work);
	host_start(GUI, 7, gui);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

#define LISTEN_A "[service a]\nfrom = 7\nuser = *\nfds = memory\n"
#define USE_A "[use a]\npeer = 3\nuser = *\nfds = memory\n"
#define SEQPACKET "type = seqpacket\n"

static void bytes_are_sent_and_received(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("$work recv a >out &\n"
		      "hello() { head -c 300000 /dev/zero | $gui send 3 a; }\n"
		      "until_it_works hello || exit\n"
		      "wait; head -c 300000 /dev/zero | cmp - out"),
		0);
}

/* A file is read in larger pieces than a datagram may have */
static void bytes_become_datagrams(void **state)
{
	link_with(LISTEN_A SEQPACKET, USE_A SEQPACKET);
	assert_int_equal(shell("head -c 300000 /dev/zero >in\n"
			       "$work recv a >out &\n"
			       "hello() { $gui send 3 a <in; }\n"
			       "until_it_works hello || exit\n"
			       "wait; cmp in out"),
			 0);
}

static void write_picture(const char *name)
{
	static uint32_t pixels[40 * 30];
	char path[128];
	uint32_t i;

	for (i = 0; i < 40 * 30; i++)
		pixels[i] = 0xff000000U | i * 7919U;
	snprintf(path, sizeof(path), "%s/%s", hosts_folder, name);
	assert_int_equal(xdc_png_save(path, pixels, 40, 30, 160), 0);
}

static void picture_arrives_with_its_metadata(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell("echo '{ \"name\": \"wall\" }' >in.json\n"
		      "$work recv a --png out.png --metadata out.json &\n"
		      "until_it_works $gui send 3 a --image in.png --metadata in.json || exit\n"
		      "wait; cmp in.png out.png && cmp in.json out.json &&\n"
		      "grep -q '40 x 30 pixels from domain 7' said"),
		0);
}

#define USE(name) "[use " name "]\npeer = gui\nuser = *\nfds = memory dmabuf\n"
#define OFFER(name) \
	"[service " name "]\nfrom = work\nuser = *\nfds = memory dmabuf\n"

static void link_by_names(void)
{
	host_start(DOM0, 0, "[introduce work gui]\n");
	link_with(USE("files") USE("pictures"),
		  OFFER("files") OFFER("pictures"));
}

/* Runs the manual page's example for a service, in the folder of its domain */
#define EXAMPLES                                                                               \
	"example() { sed -n \"s/^[.]Dl $1[$] //p\" \"$XCH_MANUAL\" | grep -w \"$2\"; }\n"      \
	"in_work() { (cd work; eval \"$(example work $1 | sed \"s|xendmabuf|$work|\")\"); }\n" \
	"in_gui() { (cd gui; eval \"$(example gui $1 | sed \"s|xendmabuf|$gui|\")\"); }\n"     \
	"mkdir -p work/photos/old gui || exit\n"

static void example_of_a_directory_works(void **state)
{
	link_by_names();
	assert_int_equal(
		shell(EXAMPLES
		      "head -c 300000 /dev/urandom >work/photos/old/a\n"
		      "echo hello >work/photos/b\n"
		      "in_gui files & receiver=$!\n"
		      "until_it_works in_work files || exit\n"
		      "wait $receiver && diff -r work gui"),
		0);
}

static void example_of_a_picture_works(void **state)
{
	link_by_names();
	write_picture("wall.png");
	assert_int_equal(
		shell(EXAMPLES
		      "mv wall.png work; echo '{}' >work/about.json\n"
		      "in_gui pictures & receiver=$!\n"
		      "until_it_works in_work pictures || exit\n"
		      "wait $receiver && cmp work/wall.png gui/wall.png &&\n"
		      "cmp work/about.json gui/about.json"),
		0);
}

static void metadata_is_read_from_a_pipe_to_its_end(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell("$work recv a --metadata out & receiver=$!\n"
		      "send() { $gui send 3 a --image in.png --metadata /dev/stdin 2>why; }\n"
		      "pieces() { (printf a; sleep 1; printf b) | send; }\n"
		      "until_it_works pieces || exit\n"
		      "wait $receiver; [ \"$(cat out)\" = ab ] || exit 97\n"
		      "$work recv a --metadata out & receiver=$!\n"
		      "fails() { head -c 32641 /dev/zero | send\n"
		      "[ $? = 1 ] && grep -q 'cannot send /dev/stdin: File too large' why; }\n"
		      "until_it_works fails; good=$?; kill $receiver; exit $good"),
		0);
}

/* The daemons here have no driver, so it is copied */
static void picture_too_large_to_be_copied_fails(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell("$work recv a --png out.png & receiver=$!\n"
		      "fails() { $gui send 3 a --image in.png --size 1000x1000 2>why\n"
		      "[ $? = 1 ] && grep -q 'larger than max-copy' why; }\n"
		      "until_it_works fails || exit\n"
		      "wait $receiver; [ $? = 1 ]"),
		0);
}

/* Both ends fail: what had not come is lost */
static void commands_fail_when_the_link_ends(void (*how)(void))
{
	link_with(LISTEN_A, USE_A);
	leave = how;
	assert_int_equal(
		shell("mkfifo in; exec 3<>in; echo hello >in\n"
		      "$work recv a >out 2>why & receiver=$!\n"
		      "sends() { $gui send 3 a <in; echo $? >sent; [ -e gone ]; }\n"
		      "until_it_works sends & sender=$!\n"
		      "until_it_works grep -q hello out || exit\n"
		      "touch gone\n"
		      "wait $receiver; [ $? = 1 ] || exit 97\n"
		      "wait $sender; [ $(cat sent) = 1 ] && grep -q 'link.*has ended' why"),
		0);
}

static void stop_gui(void)
{
	host_stop(GUI);
}

static void commands_fail_when_a_domain_ends(void **state)
{
	commands_fail_when_the_link_ends(stop_gui);
}

static void kill_workers(void)
{
	kill(xch_child_pid(host_peer(GUI, 3)->process.child), SIGKILL);
	kill(xch_child_pid(host_peer(WORK, 7)->process.child), SIGKILL);
}

static void commands_fail_when_workers_are_killed(void **state)
{
	commands_fail_when_the_link_ends(kill_workers);
}

/* Whether the picture can be shared depends on the machine */
static void sender_waits_for_as_long_as_it_is_told(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell("$work listen a --exec sleep 1000 & listener=$!\n"
		      "kept() { timeout 20 $gui send 3 a --image in.png --wait --timeout 1 >why 2>&1\n"
		      "[ $? = 3 ]; }\n"
		      "until_it_works kept && grep -q 'still has the' why\n"
		      "good=$?; kill $listener; exit $good"),
		0);
}

static void answers_do_not_end_the_wait_of_a_sender(void **state)
{
	link_with(LISTEN_A SEQPACKET, USE_A SEQPACKET);
	write_picture("in.png");
	assert_int_equal(
		shell("cat >program.py <<'END'\n"
		      "import socket, time\n"
		      "channel = socket.socket(fileno=0)\n"
		      "channel.recv(100)\n"
		      "channel.send(b''); channel.send(b'answer')\n"
		      "time.sleep(1); open('read', 'w')\n"
		      "END\n"
		      "$work listen a --exec python3 program.py & listener=$!\n"
		      "until_it_works $gui send 3 a --image in.png && [ -e read ]\n"
		      "good=$?; kill $listener; exit $good"),
		0);
}

static void viewer_gets_the_memory(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell("echo about >in.txt\n"
		      "$work recv a --exec sh -c 'cat; echo $XENDMABUF_WIDTH $XENDMABUF_FORMAT "
		      "$XENDMABUF_DOMID; head -c 4 <&3 | od -An -tx1' >out &\n"
		      "until_it_works $gui send 3 a --image in.png --size 20x10 --metadata in.txt || exit\n"
		      "wait; head -n 2 out | paste -sd ' ' | grep -qx 'about 20 XR24 7' &&\n"
		      "tail -n 1 out | grep -qx ' .. .. .. ff'"),
		0);
}

static void other_bytes_are_no_picture(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("$work recv a --png out.png & receiver=$!\n"
		      "hello() { echo hello | $gui send 3 a; }\n"
		      "until_it_works hello || exit\n"
		      "wait $receiver; [ $? = 1 ] && grep -q 'no picture' said"),
		0);
}

static void commands_are_run_for_channels(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("$work listen a --exec cat & listener=$!\n"
		      "talk() { [ \"$(echo text | $gui connect 3 a)\" = text ]; }\n"
		      "until_it_works talk && talk &&\n"
		      "$gui connect 3 a --exec sh -c 'echo more; read -r line; echo \"$line\" >&2' &&\n"
		      "grep -qx more said\n"
		      "good=$?; kill $listener; exit $good"),
		0);
}

/* The tool itself ignores SIGPIPE (13), and listen SIGCHLD (17) */
#define COMMAND_IGNORES "grep SigIgn /proc/self/status"
#define IS_IGNORED \
	"is_ignored() { [ $((0x$(cut -f 2 ignored) & 0x11000)) != 0 ]; }\n"

static void commands_run_with_default_signals(void **state)
{
	link_with(LISTEN_A, USE_A);
	write_picture("in.png");
	assert_int_equal(
		shell(IS_IGNORED
		      "$work listen a --exec " COMMAND_IGNORES
		      " & listener=$!\n"
		      "ask() { $gui connect 3 a </dev/null >ignored && [ -s ignored ]; }\n"
		      "until_it_works ask; good=$?; kill $listener; wait $listener\n"
		      "[ $good = 0 ] && ! is_ignored"),
		0);
	assert_int_equal(
		shell(IS_IGNORED
		      "$work recv a --exec " COMMAND_IGNORES " >ignored &\n"
		      "until_it_works $gui send 3 a --image in.png || exit\n"
		      "wait; [ -s ignored ] && ! is_ignored"),
		0);
}

static void sockets_are_joined(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("python3 - <<'END' & server=$!\n"
		      "import array, os, socket\n"
		      "listener = socket.socket(socket.AF_UNIX)\n"
		      "listener.bind('server'); listener.listen()\n"
		      "for _ in range(3):\n"
		      "    program, _ = listener.accept()\n"
		      "    text, fds, _, _ = socket.recv_fds(program, 100, 4)\n"
		      "    program.sendall(text + os.pread(fds[0], 100, 0) if fds else text)\n"
		      "    program.close()\n"
		      "END\n"
		      "until_it_works [ -S server ] || exit\n"
		      "$work listen a --unix server & listener=$!\n"
		      "until_it_works $gui connect 3 a </dev/null || exit\n"
		      "$gui connect 3 a --listen client & connector=$!\n"
		      "until_it_works [ -S client ] || exit\n"
		      "python3 - <<'END'\n"
		      "import os, socket\n"
		      "program = socket.socket(socket.AF_UNIX)\n"
		      "program.connect('client')\n"
		      "file = os.memfd_create('x', os.MFD_ALLOW_SEALING); os.write(file, b'file')\n"
		      "socket.send_fds(program, [b'text'], [file])\n"
		      "said = program.recv(100) + program.recv(100)\n"
		      "assert said == b'textfile', said\n"
		      "assert not program.recv(100)\n"
		      "END\n"
		      "good=$?; kill $listener $connector $server; exit $good"),
		0);
}

/* One program waits there, which is as many as it allows, and it takes none for a second */
static void channel_waits_for_a_busy_service(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("python3 - <<'END' & server=$!\n"
		      "import os, socket, time\n"
		      "listener = socket.socket(socket.AF_UNIX)\n"
		      "listener.bind('bound'); listener.listen(0)\n"
		      "first = socket.socket(socket.AF_UNIX); first.connect('bound')\n"
		      "os.rename('bound', 'server')\n"
		      "while not os.path.exists('asked'): time.sleep(0.01)\n"
		      "time.sleep(1)\n"
		      "listener.accept()[0].close()\n"
		      "program, _ = listener.accept()\n"
		      "program.sendall(program.recv(100)); program.close()\n"
		      "END\n"
		      "until_it_works [ -S server ] || exit\n"
		      "$work listen a --unix server & listener=$!\n"
		      "talk() { : >asked; [ \"$(echo text | timeout 20 $gui connect 3 a)\" = text ]; }\n"
		      "until_it_works talk && ! grep 'cannot connect to server' said\n"
		      "good=$?; kill $listener $server; exit $good"),
		0);
}

/* A channel of an earlier listener neither keeps the service nor ends with it */
static void service_is_offered_again_beside_a_channel(void **state)
{
	link_with(LISTEN_A, USE_A);
	assert_int_equal(
		shell("python3 - <<'END' & server=$!\n"
		      "import socketserver\n"
		      "class Echo(socketserver.StreamRequestHandler):\n"
		      "    def handle(self):\n"
		      "        for line in self.rfile: self.wfile.write(line)\n"
		      "socketserver.ThreadingUnixStreamServer('server', Echo).serve_forever()\n"
		      "END\n"
		      "until_it_works [ -S server ] || exit\n"
		      "$work listen a --unix server & listener=$!\n"
		      "talk() { [ \"$(echo text | timeout 1 $gui connect 3 a)\" = text ]; }\n"
		      "until_it_works talk || exit\n"
		      "mkfifo in; exec 3<>in; echo before >in\n"
		      "$gui connect 3 a <in >out & channel=$!\n"
		      "until_it_works grep -q before out || exit\n"
		      "kill $listener; wait $listener\n"
		      "$work listen a --unix server & listener=$!\n"
		      "until_it_works talk && echo after >in && until_it_works grep -q after out\n"
		      "good=$?; kill $listener $channel $server; exit $good"),
		0);
}

/* Also empty datagrams, which look like the end */
static void datagrams_are_joined(void **state)
{
	link_with(LISTEN_A SEQPACKET, USE_A SEQPACKET);
	assert_int_equal(
		shell("python3 - <<'END' & server=$!\n"
		      "import os, socket; socket.setdefaulttimeout(20)\n"
		      "listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
		      "listener.bind('server'); listener.listen()\n"
		      "listener.accept()[0].close()\n"
		      "program, _ = listener.accept()\n"
		      "program.send(b'')\n"
		      "said = [socket.recv_fds(program, 100, 4)[:2] for _ in range(4)]\n"
		      "said = [(text, len(fds)) for text, fds in said]\n"
		      "program.send(repr(said).encode())\n"
		      "END\n"
		      "until_it_works [ -S server ] || exit\n"
		      "$work listen a --unix server & listener=$!\n"
		      "until_it_works $gui connect 3 a </dev/null || exit\n"
		      "$gui connect 3 a --listen client --seqpacket & connector=$!\n"
		      "until_it_works [ -S client ] || exit\n"
		      "python3 - <<'END'\n"
		      "import os, socket; socket.setdefaulttimeout(20)\n"
		      "program = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
		      "program.connect('client')\n"
		      "file = os.memfd_create('x', os.MFD_ALLOW_SEALING); os.write(file, b'file')\n"
		      "program.send(b'first'); program.send(b'')\n"
		      "socket.send_fds(program, [b''], [file]); program.send(b'last')\n"
		      "assert program.recv(100) == b''\n"
		      "said = program.recv(100)\n"
		      "assert said == b\"[(b'first', 0), (b'', 0), (b'', 1), (b'last', 0)]\", said\n"
		      "END\n"
		      "good=$?; kill $listener $connector $server; exit $good"),
		0);
}

static void failures_are_explained(void **state)
{
	link_with("[service a]\nfrom = 7\nuser = *\n",
		  USE_A "[use b]\npeer = 3\nuser = *\n");
	assert_int_equal(
		shell("fails() { \"$@\" </dev/null; [ $? = 1 ] || exit; }\n"
		      "fails $gui connect 3 none\n"
		      "fails $gui connect 3 b\n"
		      "fails $gui connect 3 a\n"
		      "fails $gui connect 9 a\n"
		      "fails $gui listen a --stdio\n"
		      "fails $work listen none --stdio\n"
		      "grep -q 'may not use the service none of domain 3' said &&\n"
		      "grep -q 'domain 3 does not allow the service b' said &&\n"
		      "grep -q 'no program of domain 3 listens for a' said &&\n"
		      "grep -q 'may not offer the service none' said"),
		0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, hosts_begin, hosts_end)
	const struct CMUnitTest tests[] = {
		CASE(bytes_are_sent_and_received),
		CASE(bytes_become_datagrams),
		CASE(picture_arrives_with_its_metadata),
		CASE(example_of_a_directory_works),
		CASE(example_of_a_picture_works),
		CASE(metadata_is_read_from_a_pipe_to_its_end),
		CASE(picture_too_large_to_be_copied_fails),
		CASE(commands_fail_when_a_domain_ends),
		CASE(commands_fail_when_workers_are_killed),
		CASE(sender_waits_for_as_long_as_it_is_told),
		CASE(answers_do_not_end_the_wait_of_a_sender),
		CASE(viewer_gets_the_memory),
		CASE(other_bytes_are_no_picture),
		CASE(commands_are_run_for_channels),
		CASE(commands_run_with_default_signals),
		CASE(sockets_are_joined),
		CASE(channel_waits_for_a_busy_service),
		CASE(service_is_offered_again_beside_a_channel),
		CASE(datagrams_are_joined),
		CASE(failures_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
