package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.ContextPort;

/** A guest's command that is not about data, copied out of its queue. Reused; stack thread only. */
public final class ControlCommand {
    ContextPort context;
    int type;
    int slot;
    int generation;
    long request;
    long arg0;
    long arg1;
    long arg2;
    long arg3;
    long arg4;

    /** Takes over a command; see the ABI for the meaning of its arguments. */
    public void set(
            ContextPort from,
            int commandType,
            int slotIndex,
            int slotGeneration,
            long requestId,
            long a0,
            long a1,
            long a2,
            long a3,
            long a4) {
        context = from;
        type = commandType;
        slot = slotIndex;
        generation = slotGeneration;
        request = requestId;
        arg0 = a0;
        arg1 = a1;
        arg2 = a2;
        arg3 = a3;
        arg4 = a4;
    }
}
