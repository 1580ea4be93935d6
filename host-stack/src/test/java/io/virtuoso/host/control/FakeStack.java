package io.virtuoso.host.control;

import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.PolicyGate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A stack that notes what it is told, and finishes with attachments when the test says so. */
final class FakeStack implements StackCommands {
    final List<Guest> known = new ArrayList<>();
    final List<Attachment> attached = new ArrayList<>();
    final List<Attachment> gone = new ArrayList<>();
    final Map<Integer, Integer> doorbells = new HashMap<>();
    final List<String> log = new ArrayList<>();
    final List<StackUpdate> updates = new ArrayList<>();
    CaptureRing capture;
    int resets = 3;
    int shareErrno;
    Adoption adoption = Adoption.done(7, 9);
    Bills bills = new Bills(0, 0, 0, List.of());

    Attachment last() {
        return attached.getLast();
    }

    @Override
    public void know(List<Guest> guests) {
        known.addAll(guests);
    }

    @Override
    public void attached(Attachment attachment) {
        attached.add(attachment);
    }

    @Override
    public void contextOpened(Attachment attachment, int index, int doorbellFd) {
        doorbells.put(index, doorbellFd);
        log.add("open " + index);
    }

    @Override
    public void contextClosed(Attachment attachment, int index) {
        doorbells.remove(index);
        log.add("close " + index);
    }

    @Override
    public void removing(List<String> guests) {
        log.add("removing " + guests);
    }

    @Override
    public void guestGone(Attachment attachment) {
        gone.add(attachment);
        log.add("gone " + attachment.guest().name());
    }

    @Override
    public int shareSocket(Attachment attachment, int slot, int generation, long shareId) {
        log.add("share " + slot + "." + generation + " as " + shareId);
        return shareErrno;
    }

    @Override
    public void shareReleased(long shareId) {
        log.add("released " + shareId);
    }

    @Override
    public Adoption adopt(Attachment attachment, long shareId) {
        log.add("adopt " + shareId);
        return adoption;
    }

    @Override
    public boolean move(int core) {
        log.add("move " + core);
        return core < 2;
    }

    @Override
    public int update(StackUpdate update) {
        updates.add(update);
        return resets;
    }

    @Override
    public Map<String, PolicyGate.Report> policies() {
        final PolicyGate gate = new PolicyGate();
        updates.forEach(update -> gate.replace(update.policies().get("default")));
        return Map.of("default", gate.report());
    }

    @Override
    public void capture(CaptureRing ring) {
        capture = ring;
    }

    @Override
    public List<SocketFacts> sockets() {
        return List.of();
    }

    @Override
    public Bills bills() {
        return bills;
    }

    @Override
    public void counters(CounterSink sink) {
        sink.counter("commands", 42);
    }
}
