package moor.session.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.DisplayName;

@DisplayName("on Jetty")
class JettyTest extends MoorFilterTest {
    @Override
    Running server(Path folder, Filter filter, HttpServlet servlet) throws Exception {
        Server jetty = new Server(new InetSocketAddress("127.0.0.1", 0));
        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.allOf(DispatcherType.class));
        ServletHolder page = new ServletHolder(servlet);
        page.setAsyncSupported(true);
        context.addServlet(page, "/");
        ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
        errors.addErrorPage(404, "/error");
        context.setErrorHandler(errors);
        jetty.setHandler(context);
        jetty.start();
        return new Running() {
            @Override
            public int port() {
                return jetty.getURI().getPort();
            }

            @Override
            public void stop() throws Exception {
                jetty.stop();
            }
        };
    }
}
