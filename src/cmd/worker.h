/* `tavana worker`: gateway and engine in one process. */
#ifndef TAVANA_CMD_WORKER_H
#define TAVANA_CMD_WORKER_H

/* argv[0] is "worker". The exit code: 0 after an orderly stop, 1 when it could not start, 2 for a wrong
 * option. */
int cmd_worker(int argc, char **argv);

#endif
