// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "common/number.h"
#include "picture/image.h"
#include "say.h"

int xt_arg_size(const char *text, uint32_t *w, uint32_t *h)
{
	const char *x = strchr(text, 'x');
	uint64_t side_w, side_h;
	char width[16];
	int err;

	if (!x || (size_t)(x - text) >= sizeof(width))
		return -EINVAL;
	memcpy(width, text, (size_t)(x - text));
	width[x - text] = '\0';
	err = xdc_parse_u64(width, XT_IMAGE_MAX_SIDE, &side_w);
	if (!err)
		err = xdc_parse_u64(x + 1, XT_IMAGE_MAX_SIDE, &side_h);
	if (err)
		return err;
	if (!side_w || !side_h)
		return -ERANGE;
	*w = (uint32_t)side_w;
	*h = (uint32_t)side_h;
	return 0;
}

int xt_arg_lease(const struct xt_command *cmd, int argc, char **argv,
		 uint64_t *id)
{
	if (argc != 1)
		return xt_usage(
			cmd,
			"exactly one LEASE-ID is needed; xendmabuf list shows them");
	if (xdc_parse_u64(argv[0], UINT64_MAX, id))
		return xt_usage(
			cmd,
			"'%s' is not a lease's id; xendmabuf list shows them",
			argv[0]);
	return 0;
}

int xt_arg_end(const struct xt_command *cmd, int argc, char **argv)
{
	return optind < argc ? xt_usage(cmd, "unexpected '%s'", argv[optind])
			     : 0;
}

int xt_arg_json(const struct xt_command *cmd, int argc, char **argv, bool *json)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int opt;

	*json = false;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'j')
			return xt_usage(cmd, "unknown option");
		*json = true;
	}
	return xt_arg_end(cmd, argc, argv);
}

int xt_arg_exec(const struct xt_command *cmd, int *argc, char **argv,
		char ***command)
{
	int i;

	for (i = 1; i < *argc && strcmp(argv[i], "--exec"); i++)
		;
	*command = NULL;
	if (i == *argc)
		return 0;
	if (i + 1 == *argc)
		return xt_usage(cmd, "--exec needs a command");
	*command = argv + i + 1;
	argv[i] = NULL;
	*argc = i;
	return 0;
}
