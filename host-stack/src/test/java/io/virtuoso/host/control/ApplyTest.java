package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.GuestKind;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another configuration while the host stack runs, as the control thread sees it. */
class ApplyTest {
    private static final String NETWORK = "networks: [{name: default, vni: 1, subnet: 10.88.0.0/16%s}]\n";
    private static final String LIMITS =
            "limits: {contexts: 4, queue_entries: 16, slots: 64, pool_mib: 16, attachments: 1000}\n";
    private static final String WEB = "guests: [{name: web, network: default, address: 10.88.0.2, congestion: reno}]\n";

    @TempDir
    private Path directory;

    private ControlHarness host;

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
    }

    @AfterEach
    void close() throws IOException {
        host.close();
    }

    private void write(final String policy, final String guests) throws IOException {
        Files.writeString(host.configFile, NETWORK.formatted(policy) + guests + LIMITS);
    }

    @Test
    void shouldSayWhenNothingHasChanged() throws IOException {
        write("", WEB);
        host.stack.resets = 0;
        assertEquals("ok\nnothing has changed\n", host.ask("apply"));
    }

    @Test
    void shouldAddChangeAndRemoveGuests() throws IOException {
        final TestGuest web = host.connect().attach();
        final Attachment attachment = host.stack.last();
        write("", "guests: [{name: db, network: default, address: 10.88.0.7, labels: [back], weight: 4}]\n");
        assertEquals("ok\nguest db added\nguest web removed\n3 connections reset\n", host.ask("apply"));
        assertEquals(TestGuest.END, web.receive());
        assertEquals(Optional.of(EndReason.GUEST_REMOVED), attachment.endReason());
        assertEquals(List.of(attachment), host.stack.gone);
        assertEquals(
                List.of("removing [web]", "gone web"),
                host.stack.log.subList(host.stack.log.size() - 2, host.stack.log.size()));
        assertFalse(Files.exists(host.directory.guestSocket("web")));
        final StackUpdate update = host.stack.updates.getLast();
        assertEquals(List.of("web"), update.removed());
        assertEquals(
                List.of("db"),
                update.guests().stream().map(guest -> guest.name()).toList());
        host.connect("db").attach().close();
        assertEquals(Map.of("back", ""), host.stack.last().guest().labels());
        assertTrue(host.ask("stats").contains("attachments.ended.guest_removed          1\n"));
        web.close();
        host.finish(attachment);
    }

    @Test
    void shouldRefuseAHelloForAGuestThatWasRemoved() throws IOException {
        final TestGuest late = host.connect();
        host.settle();
        write("", "");
        host.ask("apply");
        late.begin(MessageType.HELLO).kind(GuestKind.NATIVE).pid(1).text("late");
        late.call();
        assertEquals(MessageType.REFUSED, late.answer().type());
        late.close();
    }

    @Test
    void shouldPutPoliciesInForceAndShowThem() throws IOException {
        write(
                ", policy: {default: {in: deny}, rules: [{direction: in, guest: web, peer: {cidr: 10.88.0.0/16},"
                        + " protocol: tcp, port: 80-89, action: refuse, errno: EACCES}]}",
                WEB);
        assertEquals("ok\nnetwork default changed: policy\n3 connections reset\n", host.ask("apply"));
        final List<String> rows = host.ask("policy")
                .lines()
                .skip(2)
                .map(row -> row.strip().replaceAll(" +", " "))
                .toList();
        assertEquals(
                List.of(
                        "default 1 in web 10.88.0.0/16 tcp 80-89 refuse EACCES 0",
                        "default - in any any any any refuse ECONNREFUSED 0",
                        "default - out any any any any allow 0"),
                rows);
    }

    @Test
    void shouldChangeNothingIfSomethingIsWrong() throws IOException {
        write(", policy: {default: maybe}", "");
        assertEquals(
                "error " + host.configFile
                        + ":1: bad default 'maybe'; give allow, deny or drop, or one of them for each"
                        + " of in and out\n",
                host.ask("apply"));
        Files.writeString(host.configFile, NETWORK.formatted("").replace("vni: 1", "vni: 2") + LIMITS);
        assertEquals(
                "error " + host.configFile + ":1: 'vni' of network 'default' has changed; it changes with a restart of"
                        + " the host stack only\n",
                host.ask("apply"));
        assertTrue(host.ask("apply /nonexistent").startsWith("error /nonexistent:1: cannot be read: "));
        assertTrue(host.stack.updates.isEmpty());
        host.connect().attach().close();
    }

    @Test
    void shouldKeepGuestsMadeOnDemand() throws IOException {
        host.ask("guest made");
        final Path other = directory.resolve("other.yaml");
        Files.writeString(
                other,
                NETWORK.formatted("") + "guests: [{name: web, network: default, address: 10.88.0.3}]\n" + LIMITS);
        assertEquals(
                "error " + other + ":2: guest 'web' has the address 10.88.0.2; remove the guest first, then add it\n",
                host.ask("apply " + other));
        write("", "guests: [{name: made, network: default, address: 10.88.0.3, labels: {a: b}}]\n");
        assertEquals("ok\nguest web removed\nguest made changed: labels\n3 connections reset\n", host.ask("apply"));
        assertEquals("ok " + directory + "/guests/made.sock 10.88.0.3\n", host.ask("guest made"));
    }

    @Test
    void shouldLetNobodyMakeAGuestAgainThatWasRemoved() throws Exception {
        host.ask("guest made");
        write("", "guests: [{name: made, network: default, address: 10.88.0.3}]\n");
        host.ask("apply");
        assertEquals(
                "error guest 'web' has been taken out of the configuration; name it there again, and apply that, or"
                        + " choose another name\n",
                host.ask("guest web"));
        write("", "");
        host.ask("apply");
        host.close();
        host = new ControlHarness(directory);
        assertFalse(host.ask("guests").contains("made"), "it is not made on demand, and not remembered");
    }

    @Test
    void shouldReadTheFileAgainWhenASignalAsks() throws IOException {
        write(", policy: {default: drop}", WEB);
        host.reload();
        assertEquals(1, host.stack.updates.size());
        write(", policy: {default: maybe}", WEB);
        host.reload();
        assertEquals(1, host.stack.updates.size());
    }
}
