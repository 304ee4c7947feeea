/* Goes through the table of options once, or once for each option that was asked for. Output is buffered, so
 * only the flush at the end knows whether all of it could be written: it gives the exit code. */
#include "cmd/options.h"

#include "config/config.h"

#include <stdio.h>
#include <string.h>

struct listing {
    const char *only; /* NULL: every option */
    bool found;
};

static const char *or_dash(const char *s)
{
    return *s ? s : "-";
}

static int print_plain(void *arg, const struct config_row *row)
{
    struct listing *l = arg;
    if (l->only && strcmp(l->only, row->name) != 0)
        return ST_OK;
    l->found = true;
    int st = printf("%s = %s\n    %s\n    for %s; %s%s%s; %s; %s\n", row->name, row->default_value, row->text,
                    row->roles, row->type, *row->bounds ? ", " : "", row->bounds, row->env,
                    row->reloadable ? "reloadable" : "at start");
    return st < 0 ? ST_ERR : ST_OK;
}

/* In a table a bar would end the cell. */
static int put_cell(const char *s)
{
    if (putchar(' ') < 0)
        return ST_ERR;
    for (; *s; s++)
        if ((*s == '|' && putchar('\\') < 0) || putchar(*s) < 0)
            return ST_ERR;
    return printf(" |") < 0 ? ST_ERR : ST_OK;
}

static int print_markdown(void *arg, const struct config_row *row)
{
    (void)arg;
    const char *const cells[] = {
        row->name,  or_dash(row->default_value),    row->type, or_dash(row->bounds), row->env,
        row->roles, row->reloadable ? "yes" : "no", row->text};
    TRY(putchar('|') < 0 ? ST_ERR : ST_OK);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        TRY(put_cell(cells[i]));
    return putchar('\n') < 0 ? ST_ERR : ST_OK;
}

static int flushed(int st)
{
    return st < 0 || fflush(stdout) != 0 ? 1 : 0;
}

static const char usage[] =
    "Usage: tavana options [--markdown | OPTION...]\n"
    "\n"
    "Prints what can be configured: name, default, meaning, type, bounds, environment\n"
    "variable, and whether SIGHUP takes a new value over. --markdown makes a table.\n";

int cmd_options(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return flushed(ST_OK);
    }
    if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
        (void)printf("| option | default | type | bounds | environment variable | for | reload | meaning |\n"
                     "|---|---|---|---|---|---|---|---|\n");
        return flushed(config_each(NULL, print_markdown, NULL));
    }
    for (int i = 1; i < argc; i++) {
        struct listing l = {.only = argv[i]};
        if (config_each(NULL, print_plain, &l) < 0)
            return 1;
        if (!l.found) {
            (void)fprintf(stderr, "tavana options: unknown option \"%s\"\n", argv[i]);
            return 2;
        }
    }
    struct listing all = {0};
    return flushed(argc > 1 ? ST_OK : config_each(NULL, print_plain, &all));
}
