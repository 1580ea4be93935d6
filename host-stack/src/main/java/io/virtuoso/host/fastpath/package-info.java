/**
 * The fast-path cores: the threads that serve guests.
 *
 * <pre>
 *   StackThreads                    makes the cores and islands, ends them
 *     FastPathCore                  one thread: passes over its islands, sleeps (Sleeper), gives islands away (Balancer)
 *       Island                      networks that share nothing with others, and all that serves them
 *         FastPathAgent.doWork      one pass, in the order in which it is done:
 *           StackMailbox            what the control thread asks for
 *           WireService.poll        packets in
 *           ActiveContexts.look     whose commands are there?
 *           Scheduler.run           guests' turns: CommandPoller takes commands, local copies, TCP
 *           SlowPathAgent           deadlines of the slow path; commands are obeyed within turns
 *           WireService.onTimers    retransmission and other timers of connections
 *           WireService.flush       packets out
 *           Attachments             ends and releases what is due
 *           Doorbells.ring          events out, sleeping guests are woken
 * </pre>
 *
 * <p>An island, with every socket, ring and connection in it, belongs to one core at a time and moves between two passes
 * (docs/adr/0024). So nothing in it is locked or volatile: "stack thread only" means the core that has the island. Nothing
 * is allocated, logged or thrown per packet or command.
 */
package io.virtuoso.host.fastpath;
