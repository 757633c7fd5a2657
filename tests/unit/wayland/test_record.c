// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "wire/link.h"
#include "wire/record.h"
#include "common/fd-socket.h"
#include "wire/socket.h"
#include "wire/stream.h"

static struct xdc_reason why;

static struct xwl_record buffer_record(void)
{
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { .id = 7, .width = 10, .height = 5, .stride = 40 },
	};

	return r;
}

static int parse(const struct xwl_record *r, unsigned int nr_fds,
		 struct xwl_record *out)
{
	static uint8_t bytes[XWL_RECORD_MAX];

	return xwl_record_parse(bytes, xwl_record_write(r, bytes), nr_fds, out,
				&why);
}

static void buffer_comes_back(void **state)
{
	struct xwl_record r = buffer_record(), out;

	r.buffer.offset = 4096;
	r.buffer.format = WL_SHM_FORMAT_XBGR8888;
	assert_int_equal(parse(&r, 1, &out), 0);
	assert_int_equal(out.type, XWL_BUFFER);
	assert_memory_equal(&out.buffer, &r.buffer, sizeof(r.buffer));
}

static void impossible_buffers(void **state)
{
	static const struct {
		int32_t width, height, stride;
	} sizes[] = {
		{ 0, 5, 40 },	       { 10, 0, 40 },	  { -1, 5, 40 },
		{ 10, -1, 40 },	       { 10, 5, 39 },	  { 10, 5, -40 },
		{ 65536, 5, 1 << 20 }, { 10, 65536, 40 }, { INT32_MAX, 1, -2 },
		{ 10, 3, 1 << 30 },
	};
	struct xwl_record r, out;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		r = buffer_record();
		r.buffer.width = sizes[i].width;
		r.buffer.height = sizes[i].height;
		r.buffer.stride = sizes[i].stride;
		assert_int_equal(parse(&r, 1, &out), -EPROTO);
	}
	r = buffer_record();
	r.buffer.offset = INT32_MAX;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
	r = buffer_record();
	r.buffer.format = WL_SHM_FORMAT_NV12;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
	r = buffer_record();
	assert_int_equal(parse(&r, 0, &out), -EPROTO);
	assert_int_equal(parse(&r, 2, &out), -EPROTO);
	r.buffer.flags = XWL_BUFFER_INLINE;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
	assert_int_equal(parse(&r, 0, &out), 0);
	r.buffer.offset = 4;
	assert_int_equal(parse(&r, 0, &out), -EPROTO);
	r.buffer.flags = XWL_BUFFER_AGAIN;
	assert_int_equal(parse(&r, 0, &out), -EPROTO);
	assert_int_equal(parse(&r, 1, &out), 0);
	r.buffer.flags = XWL_BUFFER_AGAIN | XWL_BUFFER_INLINE;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
	r.buffer.flags = 4;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
	r = buffer_record();
	r.arg = XWL_WHY_END;
	assert_int_equal(parse(&r, 1, &out), -EPROTO);
}

static void records_of_every_type_and_length(void **state)
{
	static uint8_t bytes[XWL_RECORD_MAX + 1];
	struct xwl_record out;
	uint32_t type;
	size_t len;

	for (type = 0; type < 8; type++) {
		bytes[0] = (uint8_t)type;
		for (len = 0; len < 80; len++) {
			bool valid = (type == XWL_HELLO && len == 8) ||
				     (type == XWL_MESSAGES && len > 8) ||
				     (type == XWL_PIXELS && len > 16) ||
				     (type == XWL_ENDED && len >= 8);

			assert_int_equal(xwl_record_parse(bytes, len, 0, &out,
							  &why),
					 valid ? 0 : -EPROTO);
		}
	}
	bytes[0] = XWL_PIXELS;
	assert_int_equal(xwl_record_parse(bytes, XWL_RECORD_MAX, 0, &out, &why),
			 0);
	assert_int_equal(xwl_record_parse(bytes, XWL_RECORD_MAX, 1, &out, &why),
			 -EPROTO);
	assert_int_equal(xwl_record_parse(bytes, XWL_RECORD_MAX + 1, 0, &out,
					  &why),
			 -EPROTO);
}

static void make_pair(int type, int *fds)
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
}

static void make_receive(struct xwl_message *m, uint32_t object)
{
	/* wl_data_offer.receive: a text and a descriptor */
	assert_int_equal(xwl_message_begin(&wl_data_offer_interface.methods[1],
					   object, 1, m),
			 0);
	xwl_arg_text(&m->args[0], "text/plain");
	m->args[1].fd = memfd_create("test", MFD_CLOEXEC);
}

static void messages_share_a_record(void **state)
{
	static struct xwl_link a, b;
	struct xwl_message m;
	struct xwl_record r;
	int fds[2], i;

	make_pair(SOCK_SEQPACKET, fds);
	xwl_link_init(&a, fds[0], 1 << 20);
	xwl_link_init(&b, fds[1], 1 << 20);
	assert_int_equal(xwl_link_receive(&b, &r, &why), -EAGAIN);
	/* 28 descriptors fit into one */
	for (i = 0; i < 30; i++) {
		make_receive(&m, 5);
		assert_int_equal(xwl_link_message(&a, &m), 0);
	}
	r = buffer_record();
	assert_int_equal(xwl_link_send(&a, &r, memfd_create("x", MFD_CLOEXEC)),
			 0);
	assert_int_equal(xwl_link_flush(&a), 0);
	assert_int_equal(xwl_link_receive(&b, &r, &why), 0);
	assert_int_equal(r.type, XWL_MESSAGES);
	assert_int_equal(b.in_fds.nr, 28);
	assert_int_equal(r.len, 28 * 24);
	assert_int_equal(xwl_link_receive(&b, &r, &why), 0);
	assert_int_equal(b.in_fds.nr, 2);
	assert_int_equal(xwl_link_receive(&b, &r, &why), 0);
	assert_int_equal(r.type, XWL_BUFFER);
	xwl_link_fini(&a);
	assert_int_equal(xwl_link_receive(&b, &r, &why), -EPIPE);
	xwl_link_fini(&b);
}

static void link_that_nobody_reads(void **state)
{
	static struct xwl_link a;
	struct xwl_message m;
	int fds[2], err = 0, n = 0;

	make_pair(SOCK_SEQPACKET, fds);
	xwl_link_init(&a, fds[0], 32768);
	while (!err && n++ < 100000) {
		make_receive(&m, 5);
		err = xwl_link_message(&a, &m);
		/* it has taken the descriptor, whatever became of it */
		assert_int_equal(m.args[1].fd, -1);
	}
	assert_int_equal(err, -ENOBUFS);
	assert_true(a.waiting <= 32768);
	xwl_link_fini(&a);
	close(fds[1]);
}

static void last_words_arrive_despite_unread_data(void **state)
{
	static struct xwl_link a, b;
	struct xwl_record r = { .type = XWL_HELLO }, got;
	int fds[2];

	make_pair(SOCK_SEQPACKET, fds);
	xwl_link_init(&a, fds[0], 65536);
	xwl_link_init(&b, fds[1], 65536);
	assert_int_equal(xwl_link_send(&a, &r, -1), 0);
	assert_int_equal(xwl_link_flush(&a), 0);
	r.type = XWL_ENDED;
	r.bytes = (const uint8_t *)"why";
	r.len = 3;
	assert_int_equal(xwl_link_send(&b, &r, -1), 0);
	assert_int_equal(xwl_link_flush(&b), 0);
	xwl_link_fini(&b);
	assert_int_equal(xwl_link_receive(&a, &got, &why), 0);
	assert_int_equal(got.type, XWL_ENDED);
	assert_memory_equal(got.bytes, "why", 3);
	assert_int_equal(xwl_link_receive(&a, &got, &why), -EPIPE);
	xwl_link_fini(&a);
}

/* A record that waits counts with the memory that it takes */
static void link_full_of_small_records(void **state)
{
	static struct xwl_link a;
	struct xwl_record r = buffer_record();
	struct xwl_message m;
	int fds[2], err = 0, n = 0;

	make_pair(SOCK_SEQPACKET, fds);
	xwl_link_init(&a, fds[0], 10 * XWL_RECORD_MAX);
	while (!err && n++ < 1000) {
		make_receive(&m, 5);
		err = xwl_link_message(&a, &m);
		if (!err)
			err = xwl_link_send(&a, &r, -1);
	}
	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(n, 10);
	xwl_link_fini(&a);
	assert_int_equal(a.waiting, 0);
	close(fds[1]);
}

static void stream_in_pieces(void **state)
{
	static struct xwl_stream s;
	const uint8_t *data;
	struct xwl_header h;
	uint32_t words[3] = { 1, 12U << 16, 2 };
	int fds[2];
	size_t i;

	make_pair(SOCK_STREAM, fds);
	xwl_stream_init(&s, fds[0], 65536);
	for (i = 0; i < 12; i++) {
		assert_int_equal(xwl_stream_peek(&s, &h, &data), -EAGAIN);
		assert_int_equal(write(fds[1], (char *)words + i, 1), 1);
		assert_int_equal(xwl_stream_read(&s), 0);
	}
	assert_int_equal(xwl_stream_peek(&s, &h, &data), 0);
	assert_int_equal(h.size, 12);
	assert_memory_equal(data, words, 12);
	xwl_stream_take(&s, &h);
	assert_int_equal(xwl_stream_peek(&s, &h, &data), -EAGAIN);
	assert_int_equal(xwl_stream_read(&s), -EAGAIN);
	close(fds[1]);
	assert_int_equal(xwl_stream_read(&s), -EPIPE);
	xwl_stream_fini(&s);
}

static void stream_carries_many_descriptors(void **state)
{
	static struct xwl_stream a, b;
	struct xwl_message m, got;
	const uint8_t *data;
	struct xwl_header h;
	int fds[2], i;

	make_pair(SOCK_STREAM, fds);
	xwl_stream_init(&a, fds[0], 65536);
	xwl_stream_init(&b, fds[1], 65536);
	for (i = 0; i < 60; i++) {
		make_receive(&m, 5);
		assert_int_equal(xwl_stream_send(&a, &m), 0);
	}
	assert_int_equal(xwl_stream_flush(&a), 0);
	for (i = 0; i < 60; i++) {
		while (xwl_stream_peek(&b, &h, &data) == -EAGAIN)
			assert_int_equal(xwl_stream_read(&b), 0);
		assert_int_equal(
			xwl_message_parse(&wl_data_offer_interface.methods[1],
					  &h, data, &got, &why),
			0);
		assert_int_equal(xwl_fds_give(&b.in_fds, &got, &why), 0);
		assert_true(fcntl(got.args[1].fd, F_GETFD) >= 0);
		xwl_message_close(&got);
		xwl_stream_take(&b, &h);
	}
	assert_int_equal(b.in_fds.nr, 0);
	xwl_stream_fini(&a);
	xwl_stream_fini(&b);
}

static void descriptors_without_messages(void **state)
{
	static struct xwl_stream a, b;
	uint8_t byte = 0;
	int fds[2], send[XWL_SOCKET_FDS], i, err = 0;

	make_pair(SOCK_STREAM, fds);
	xwl_stream_init(&a, fds[0], 65536);
	xwl_stream_init(&b, fds[1], 65536);
	for (i = 0; i < (int)XWL_SOCKET_FDS; i++)
		send[i] = a.fd;
	for (i = 0; i < 3; i++)
		assert_int_equal(xdc_socket_send(a.fd, &byte, 1, send,
						 XWL_SOCKET_FDS),
				 1);
	while (!err)
		err = xwl_stream_read(&b);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(b.in_fds.nr, XWL_FDS_MAX);
	xwl_stream_fini(&a);
	xwl_stream_fini(&b);
}

/* Who has sent something that is not read any more gets what was said last all the same */
static void last_words(void **state)
{
	static struct xwl_stream a;
	uint8_t data[64];
	int fds[2], i;

	make_pair(SOCK_STREAM, fds);
	xwl_stream_init(&a, fds[0], 8192);
	for (i = 0; i < 5; i++)
		assert_int_equal(write(fds[1], a.in, 5000), 5000);
	assert_int_equal(write(fds[0], "no", 2), 2);
	xwl_stream_fini(&a);
	assert_int_equal(read(fds[1], data, sizeof(data)), 2);
	assert_int_equal(read(fds[1], data, sizeof(data)), 0);
	close(fds[1]);
}

static void stream_that_nobody_reads(void **state)
{
	static struct xwl_stream a;
	struct xwl_message m;
	int fds[2], err = 0, n = 0;

	make_pair(SOCK_STREAM, fds);
	xwl_stream_init(&a, fds[0], 8192);
	while (!err && n++ < 100000) {
		assert_int_equal(
			xwl_message_begin(&wl_surface_interface.methods[6], 5,
					  6, &m),
			0);
		err = xwl_stream_send(&a, &m);
	}
	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(a.out_len, 8192);
	assert_int_equal(xwl_stream_room(&a), 0);
	xwl_stream_fini(&a);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_comes_back),
		cmocka_unit_test(impossible_buffers),
		cmocka_unit_test(records_of_every_type_and_length),
		cmocka_unit_test(messages_share_a_record),
		cmocka_unit_test(link_that_nobody_reads),
		cmocka_unit_test(last_words_arrive_despite_unread_data),
		cmocka_unit_test(link_full_of_small_records),
		cmocka_unit_test(stream_in_pieces),
		cmocka_unit_test(stream_carries_many_descriptors),
		cmocka_unit_test(descriptors_without_messages),
		cmocka_unit_test(last_words),
		cmocka_unit_test(stream_that_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
