package moor.session.conformance;

import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import moor.session.servlet.MoorFilter;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The conformance application (docs/reference/drop-in.md) as servlets in Jetty. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        HttpConfiguration http = new HttpConfiguration();
        // A visitor's first change may have 16 KiB of headers, and Jetty sends 8 by default.
        http.setRequestHeaderSize(65_536);
        http.setResponseHeaderSize(32_768);
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        server.addConnector(connector);

        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath("/");
        FilterHolder filter = new FilterHolder(new MoorFilter());
        filter.setAsyncSupported(true);
        EnumSet<DispatcherType> dispatchers = EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR);
        context.addFilter(filter, "/*", dispatchers);
        context.addServlet(new ServletHolder(new Application()), "/");
        server.setHandler(context);
        server.start();
        server.join();
    }
}
