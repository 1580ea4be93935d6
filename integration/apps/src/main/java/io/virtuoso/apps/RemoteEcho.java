package io.virtuoso.apps;

import java.rmi.Remote;
import java.rmi.RemoteException;

/** The remote interface of {@link RmiServer} and of what a client lends it. */
interface RemoteEcho extends Remote {
    /** @return what it was given */
    byte[] echo(byte[] bytes) throws RemoteException;

    /** Has the other JVM call back. @return what the callback gave */
    byte[] echoThrough(RemoteEcho callback, byte[] bytes) throws RemoteException;
}
