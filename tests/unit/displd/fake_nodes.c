// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/number.h"
#include "common/store.h"
#include "fake_nodes.h"

#define NODES 48

static struct {
	char path[96], value[512];
} nodes[NODES];

void fake_nodes_clear(void)
{
	memset(nodes, 0, sizeof(nodes));
}

const char *get_node(const char *dir, const char *name)
{
	char path[96];
	int i;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (i = 0; i < NODES; i++)
		if (!strcmp(nodes[i].path, path))
			return nodes[i].value;
	return NULL;
}

void set_node(const char *dir, const char *name, const char *value)
{
	char path[96];
	int i, at = -1;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (i = NODES - 1; i >= 0; i--)
		if (!nodes[i].path[0] || !strcmp(nodes[i].path, path))
			at = i;
	for (i = 0; i < NODES; i++)
		if (!strcmp(nodes[i].path, path))
			at = i;
	assert_true(at >= 0);
	strcpy(nodes[at].path, path);
	snprintf(nodes[at].value, sizeof(nodes[at].value), "%s", value);
}

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out)
{
	const char *text = get_node(dir, name);

	return text ? xdc_parse_number(text, max, out) : -ENOENT;
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len)
{
	const char *text = get_node(dir, name);

	if (!text)
		return -ENOENT;
	snprintf(buf, len, "%s", text);
	return 0;
}

int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *name,
		  char *buf, uint32_t len)
{
	const char *text = get_node(dir, name);

	if (!text)
		return -ENOENT;
	if (strlen(text) >= len)
		return -ENAMETOOLONG;
	strcpy(buf, text);
	return 0;
}

void xdc_printable(char *buf, uint32_t len, const char *text)
{
	snprintf(buf, len, "%s", text);
}

bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name)
{
	return get_node(dir, name);
}

bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *name, uint16_t domid)
{
	return false;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value)
{
	set_node(dir, name, value);
	return 0;
}
