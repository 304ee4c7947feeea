/* The page of /metrics: every counter of base/metric.h, the process, and what the owner adds.
 * Source: Prometheus, "Exposition formats", text format 0.0.4. */
#ifndef TAVANA_OPS_METRICS_PAGE_H
#define TAVANA_OPS_METRICS_PAGE_H

#include "base/buf.h"
#include "ops/ops.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The text of /metrics, appended. */
void metrics_page(const struct ops *o, struct buf *body);

#endif
