// SPDX-License-Identifier: GPL-2.0-only
// The headers in C++, and every function with C linkage
#include <xendmabuf.h>
#include <xendmabuf.h>

#include <cstdio>
#include <cstring>

int main()
{
	bool ok = !std::strcmp(xendmabuf_state_name(XEN_DMABUF_LEASE_RETURNED),
			       "RETURNED");

	xendmabuf_close(nullptr);
	xendmabuf_lease_close(nullptr);
	xendmabuf_directory_unshare(nullptr);
	std::printf("1..1\n%s 1 - called from C++\n", ok ? "ok" : "not ok");
	return ok ? 0 : 1;
}
