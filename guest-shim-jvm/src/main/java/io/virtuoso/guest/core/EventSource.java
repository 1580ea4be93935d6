package io.virtuoso.guest.core;

/** Where events come from for whoever takes turns with its doorbell. */
interface EventSource {
    /** Takes all events and tells whom they concern. @return how many */
    int drain();

    boolean hasEvents();

    /** Says that the guest sleeps; the caller then looks for events once more. */
    void enterSleep();

    /** Says that somebody is going to take events, or to say again that the guest sleeps. */
    void leaveSleep();
}
