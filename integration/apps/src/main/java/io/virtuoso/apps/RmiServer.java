package io.virtuoso.apps;

import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;

/** A registry with one object in it. Arguments: the registry's port. */
final class RmiServer implements RemoteEcho {
    static final String NAME = "echo";

    private RmiServer() {}

    public static void main(final String[] arguments) throws Exception {
        final Registry registry = LocateRegistry.createRegistry(Integer.parseInt(arguments[0]));
        final RmiServer server = new RmiServer();
        registry.rebind(NAME, UnicastRemoteObject.exportObject(server, 0));
        System.out.println("serving");
        Thread.currentThread().join();
    }

    @Override
    public byte[] echo(final byte[] bytes) {
        return bytes;
    }

    @Override
    public byte[] echoThrough(final RemoteEcho callback, final byte[] bytes) throws RemoteException {
        return callback.echo(bytes);
    }
}
