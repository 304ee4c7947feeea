/* The row path without a client: a scan alone, and a scan whose rows are encoded and thrown away.
 * encode DATABASE SQL [RUNS] prints medians as one line of JSON. */
#include "base/clock.h"
#include "encode/encoder.h"
#include "engine/engine.h"
#include "pgtype/tz.h"
#include "rows/row_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 99, COLUMNS_MAX = 1600 };

enum figure { SCAN, TEXT, BINARY, FIGURES };

static double seconds[FIGURES][RUNS_MAX];
static uint64_t rows;
static int16_t binary[COLUMNS_MAX];

static void must(int st, const struct err *e)
{
    if (st >= 0)
        return;
    (void)fprintf(stderr, "encode: %s\n", e->message);
    exit(1);
}

static double once(struct engine_stmt *st, enum figure what)
{
    struct err e;
    struct engine_result *r;
    struct encoder *enc;
    struct row_batch batch;
    const struct chunk_view *chunk;
    const struct encode_settings settings = {.zone = tz_utc(), .extra_float_digits = 1};
    err_init(&e);
    row_batch_init(&batch);
    int64_t begun = clock_now_us();
    must(engine_run(st, ENGINE_STREAM, NULL, &r, &e), &e);
    const struct engine_result_info *info = engine_result_info(r);
    must(encoder_new(&enc, info->types, info->ncolumns, what == BINARY ? binary : NULL, &settings, &e), &e);
    for (rows = 0; engine_result_next(r, &chunk, &e) == ST_OK; rows += chunk->nrows)
        for (size_t row = 0; what != SCAN && row < chunk->nrows;) {
            must(encode_rows(enc, chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &batch, &e), &e);
            if (row < chunk->nrows || batch.len >= ROW_BATCH_MAX)
                row_batch_clear(&batch);
        }
    encoder_free(enc);
    engine_result_free(r);
    row_batch_release(&batch);
    return (double)(clock_now_us() - begun) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    struct err e;
    struct engine *en;
    struct engine_conn *c;
    struct engine_stmt *st;
    size_t runs = argc > 3 ? strtoul(argv[3], NULL, 10) : 5;
    if (argc < 3 || runs < 1 || runs > RUNS_MAX) {
        (void)fprintf(stderr, "usage: encode DATABASE SQL [RUNS]\n");
        return 2;
    }
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        binary[i] = 1;
    err_init(&e);
    must(engine_open(&en, &(struct engine_options){.path = argv[1], .read_only = true}, &e), &e);
    must(engine_connect(en, &c, &e), &e);
    must(engine_prepare(c, (struct str){argv[2], strlen(argv[2])}, &st, &e), &e);
    (void)once(st, SCAN); /* the engine's cache is warm from here on */
    for (size_t run = 0; run < runs; run++)
        for (enum figure f = SCAN; f < FIGURES; f++)
            seconds[f][run] = once(st, f);
    for (enum figure f = SCAN; f < FIGURES; f++)
        qsort(seconds[f], runs, sizeof seconds[f][0], by_value);
    (void)printf("{\"rows\": %llu, \"scan_s\": %.4f, \"text_s\": %.4f, \"binary_s\": %.4f}\n",
                 (unsigned long long)rows, seconds[SCAN][runs / 2], seconds[TEXT][runs / 2],
                 seconds[BINARY][runs / 2]);
    engine_stmt_free(st);
    engine_disconnect(c);
    engine_close(en);
    return 0;
}
