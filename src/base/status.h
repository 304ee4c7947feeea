/* What a function that can fail returns.
 * Negative is an error and has filled a struct err; positive is an answer that is not an error. */
#ifndef TAVANA_BASE_STATUS_H
#define TAVANA_BASE_STATUS_H

enum {
    ST_OK = 0,
    ST_AGAIN = 1, /* nothing yet: would block, buffer full, woken: the contract says which */
    ST_EOF = 2,   /* the end, in good order */
    ST_ERR = -1,
};

/* Hands a negative status on; positive ones are for the caller to look at. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_status_ = (call);                                                                            \
        if (try_status_ < 0)                                                                                 \
            return try_status_;                                                                              \
    } while (0)

#endif
