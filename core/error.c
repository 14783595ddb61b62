/* SPDX-License-Identifier: Apache-2.0 */
/* The reason of a refusal goes to the log; the names of error.h are the numbers of xen/errno.h. */
#include "core/error.h"

#include "core/printk_priv.h"
#include "core/xen_abi.h"
#include <xen/errno.h>

#define SAME(name) XEN_ABI(name == XEN_##name)
SAME(EPERM);
SAME(ENOENT);
SAME(ESRCH);
SAME(EIO);
SAME(ENXIO);
SAME(E2BIG);
SAME(EAGAIN);
SAME(ENOMEM);
SAME(EACCES);
SAME(EFAULT);
SAME(EBUSY);
SAME(EEXIST);
SAME(EXDEV);
SAME(ENODEV);
SAME(EINVAL);
SAME(ENOSPC);
SAME(EROFS);
SAME(ERANGE);
SAME(ENAMETOOLONG);
SAME(ENOSYS);
SAME(ENODATA);
SAME(EOVERFLOW);
SAME(EOPNOTSUPP);
SAME(EADDRINUSE);
SAME(ENOBUFS);
SAME(EISCONN);
SAME(ENOTCONN);
SAME(ETIMEDOUT);

int fail(int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (printk_guest_is_unprivileged())
		guest_vprintk(LOG_WARN, fmt, args);
	else
		vprintk(LOG_WARN, fmt, args);
	va_end(args);
	return err;
}
