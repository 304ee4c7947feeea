/* The subcommands, nothing else. */
#include "cmd/gateway.h"
#include "cmd/options.h"
#include "cmd/passwd.h"
#include "cmd/serve.h"
#include "cmd/worker.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"serve", cmd_serve, "PostgreSQL protocol and engine in one process"},
    {"gateway", cmd_gateway, "PostgreSQL protocol in front of workers"},
    {"worker", cmd_worker, "the engine behind gRPC, for gateways"},
    {"passwd", cmd_passwd, "make a line of the users' file"},
    {"options", cmd_options, "list what can be configured"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    printf("Tavana %s: reads analytical results through PostgreSQL clients.\n\n"
           "Usage: tavana COMMAND [ARGUMENTS]\n\n",
           TAVANA_VERSION);
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].text);
    printf("\n`tavana COMMAND --help` says more.\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0) {
        printf("tavana %s\n", TAVANA_VERSION);
        return 0;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help();
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (name[0])
        fprintf(stderr, "tavana: unknown command \"%s\"; try tavana --help\n", name);
    else
        fprintf(stderr, "tavana: a command is missing; try tavana --help\n");
    return EXIT_USAGE;
}
