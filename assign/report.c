/* SPDX-License-Identifier: Apache-2.0 */
/* What does not fit is cut off, and still counted. */
#include "assign/report.h"

#include "core/printk.h"
#include "dt/why.h"
#include "lib/string.h"
#include "lib/bits.h"

#define LINE_MAX 320

void report_line(struct report *report, const char *format, ...)
{
	char line[LINE_MAX];
	va_list list;
	size_t length, fits;

	va_start(list, format);
	length = dt_format_list(line, sizeof(line), format, list);
	va_end(list);
	if (!report->at) {
		log_info("%s", line);
		return;
	}
	line[length++] = '\n'; /* over the NUL */
	fits = report->length < report->room ? MIN(length, report->room - report->length) : 0;
	memcpy(report->at + report->length, line, fits);
	report->length += length;
}
