/* `tavana gateway`: gateway and engine in one process. */
#ifndef TAVANA_CMD_GATEWAY_H
#define TAVANA_CMD_GATEWAY_H

/* argv[0] is "gateway". The exit code: 0 after an orderly stop, 1 when it could not start, 2 for a wrong
 * option. */
int cmd_gateway(int argc, char **argv);

#endif
